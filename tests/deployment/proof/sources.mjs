// Who is who, by whose credentials manage the user's keys.
import { isSessionOf, parse } from './arn.mjs'

export const executionRole = 'arn:aws:iam::123456789012:role/iam-key-rotator'
export const keeperRole = 'arn:aws:iam::123456789012:role/iam-key-keeper'

/** Of each source: who carries which documents, and which of them manages the keys, for the rotation and for the keeper. */
export const sources = {
  'execution-role': {
    carriers: {
      executionRole: ['execution-role', 'execution-role-manages-keys'],
      keeper: ['keeper-role', 'keeper-manages-keys'],
    },
    managers: ['executionRole', 'keeper'],
  },
  administrator: {
    carriers: {
      executionRole: ['execution-role-reads-administrator'],
      keeper: ['keeper-role-reads-administrator'],
      administrator: ['administrator-user'],
    },
    managers: ['administrator'],
  },
  'own-key': {
    carriers: {
      executionRole: ['execution-role'],
      keeper: ['keeper-role', 'keeper-deactivates-own-key'],
      user: ['own-keys-user'],
    },
    managers: ['user'],
  },
  'another-account': {
    carriers: {
      executionRole: ['execution-role', 'execution-role-assumes-role'],
      keeper: ['keeper-role', 'execution-role-assumes-role'],
      role: ['role-in-another-account'],
    },
    managers: ['role'],
  },
}

/** Which of a source's carriers a caller is. */
export function carrierOf(source, setup, caller) {
  return Object.keys(sources[source].carriers).find((carrier) => {
    if (carrier === 'executionRole') return isSessionOf(caller, executionRole)
    if (carrier === 'keeper') return isSessionOf(caller, keeperRole)
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
    KEEPER_ROLE_ARN: keeperRole,
    FUNCTION_ARN: functionOf(setup.secret),
    EXTERNAL_ID: setup.externalId,
  }
}

/** The rotation function, which the keeper has invoked, where the secret is. */
export function functionOf(secret) {
  const { partition, region, account } = parse(secret)
  return `arn:${partition}:lambda:${region}:${account}:function:iam-key-rotator`
}
