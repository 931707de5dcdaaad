// Evaluates requests against identity policies: JSON on stdin, one decision a request on stdout.
// {"policies": {role: document}, "requests": [{role, principal, action, resource, account, context}]}
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const { policies, requests } = JSON.parse(readFileSync(0, 'utf8'))
const allowAll = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }

const decisions = []
for (const { role, principal, action, resource, account, context, key_policy } of requests) {
  const outcome = await runSimulation(
    {
      request: { principal, action, resource: { resource, accountId: account }, contextVariables: context },
      identityPolicies: [{ name: role, policy: policies[role] }],
      serviceControlPolicies: [{ orgIdentifier: 'root', policies: [{ name: 'all', policy: allowAll }] }],
      resourceControlPolicies: [],
      resourcePolicy: key_policy ?? undefined,
    },
    {},
  )
  decisions.push(outcome.resultType === 'error' ? `error: ${JSON.stringify(outcome.errors)}` : outcome.overallResult)
}
process.stdout.write(JSON.stringify(decisions))
