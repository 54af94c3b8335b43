import assert from 'node:assert/strict'

/** Fails with what breaks a property; else prints how much was evaluated. */
export function none(result, about) {
  const broken = Array.isArray(result) ? result : result.broken
  const shown = broken.slice(0, 20).join('\n')
  assert.equal(broken.length, 0, `${broken.length}:\n${shown}`)
  if (!about) return
  assert.notEqual(result.requests, 0, 'nothing was evaluated')
  const { requests, allowed, rejected } = result
  const invalid = rejected ? `, ${rejected} not of a type that the action takes` : ''
  console.log(`${about}: ${requests} requests, ${allowed} allowed${invalid}`)
}
