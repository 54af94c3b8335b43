// Who is who, by whose credentials manage the user's keys.
import { isSessionOf } from './arn.mjs'

export const executionRole = 'arn:aws:iam::123456789012:role/iam-key-rotator'

/** Of each source: who carries which documents, and which of them manages the keys. */
export const sources = {
  'execution-role': {
    carriers: { executionRole: ['execution-role', 'execution-role-manages-keys'] },
    manager: 'executionRole',
  },
  administrator: {
    carriers: {
      executionRole: ['execution-role-reads-administrator'],
      administrator: ['administrator-user'],
    },
    manager: 'administrator',
  },
  'own-key': {
    carriers: { executionRole: ['execution-role'], user: ['own-keys-user'] },
    manager: 'user',
  },
  'another-account': {
    carriers: { executionRole: ['execution-role', 'execution-role-assumes-role'], role: ['role-in-another-account'] },
    manager: 'role',
  },
}

/** Which of a source's carriers a caller is. */
export function carrierOf(source, setup, caller) {
  return Object.keys(sources[source].carriers).find((carrier) => {
    if (carrier === 'executionRole') return isSessionOf(caller, executionRole)
    if (carrier === 'role') return isSessionOf(caller, setup.role)
    return caller === setup[carrier]
  })
}

/** The values of the placeholders, of which a source's documents have some. */
export function placeholders(setup) {
  return {
    SECRET_ARN: setup.secret,
    USER_ARN: setup.user,
    ADMINISTRATOR_SECRET_ARN: setup.administratorSecret,
    ROLE_ARN: setup.role,
    EXECUTION_ROLE_ARN: executionRole,
    EXTERNAL_ID: setup.externalId,
  }
}
