/** An ARN's parts. */
export function parse(arn) {
  const [, partition, service, region, account, ...resource] = arn.split(':')
  return { partition, service, region, account, resource: resource.join(':') }
}

export function build({ partition, service, region, account, resource }) {
  return ['arn', partition, service, region, account, resource].join(':')
}

/** The ARN that a role's session has as the caller (fact 38). */
export function session(role, name) {
  const { partition, account, resource } = parse(role)
  return `arn:${partition}:sts::${account}:assumed-role/${resource.split('/').at(-1)}/${name}`
}

/** Whether a caller is a session of a role. */
export function isSessionOf(caller, role) {
  return role != null && caller.startsWith(session(role, ''))
}
