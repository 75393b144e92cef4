// Judges requests by IAM policies, with an implementation of IAM's evaluation logic that is nobody's here.
// Run as `node judge.cjs FOLDER`, where FOLDER has the package. A line of JSON comes in for each question, and one goes
// out: {policies: [document], cases: [{action, resource, context}]} → [decision].
const { createInterface } = require("node:readline");
const { createRequire } = require("node:module");

const { runUnsafeSimulation } = createRequire(`${process.argv[2]}/`)("@cloud-copilot/iam-simulate");

const decide = (identityPolicies, { action, resource, context }) =>
  runUnsafeSimulation(
    {
      request: {
        principal: "arn:aws:iam::123456789012:user/somebody",
        action,
        resource: { resource, accountId: "123456789012" },
        contextVariables: context,
      },
      identityPolicies,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );

createInterface({ input: process.stdin }).on("line", (line) => {
  const { policies, cases } = JSON.parse(line);
  const named = policies.map((policy, number) => ({ name: `policy ${number}`, policy }));
  console.log(JSON.stringify(cases.map((one) => decide(named, one))));
});
