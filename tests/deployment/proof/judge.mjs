import { evaluate } from './evaluate.mjs'

/** What breaks a property, and how much was evaluated for it. */
export const tally = () => ({ broken: [], requests: 0, allowed: 0, rejected: 0 })

export async function judge(tally, request) {
  const verdict = await evaluate(request)
  tally.requests += 1
  if (verdict !== 'denied') tally[verdict] += 1
  return verdict
}
