// Mistakes in a policy, made in memory.
const actions = (statement) => [statement.Action].flat()
export const add = (action) => ({ Statement: [statement] }) => (statement.Action = [...actions(statement), action])
export const remove = (action) => ({ Statement: [statement] }) => (statement.Action = actions(statement).filter((one) => one !== action))
export const on = (resource) => ({ Statement: [statement] }) => (statement.Resource = resource)
/** The same, in the statement with this Sid. */
export const at = (sid, change) => ({ Statement }) => change({ Statement: Statement.filter(({ Sid }) => Sid === sid) })
export const unconditional = ({ Statement }) => Statement.forEach((statement) => delete statement.Condition)
export const without = (key) => ({ Statement }) => {
  for (const { Condition } of Statement) {
    for (const operator of Object.keys(Condition ?? {})) {
      delete Condition[operator][key]
      if (Object.keys(Condition[operator]).length === 0) delete Condition[operator]
    }
  }
}
const denial = ({ Statement }) => Statement.find(({ Effect }) => Effect === 'Deny')
export const noDeny = (document) => (document.Statement = document.Statement.filter(({ Effect }) => Effect !== 'Deny'))
export const onlyOn = (resource) => (document) => (denial(document).NotResource = resource)
export const onTheOwn = (document) => {
  const { NotResource, ...rest } = denial(document)
  Object.assign(denial(document), { ...rest, Resource: NotResource })
  delete denial(document).NotResource
}
export const byTagAlone = (document) => {
  denial(document).Resource = '*'
  delete denial(document).NotResource
}
export const ofAllBut = (resource) => (document) => {
  delete denial(document).Resource
  denial(document).NotResource = resource
}
export const without_ = (element) => (document) => delete denial(document)[element]
export const denying = (action) => (document) => (denial(document).Action = action)
export const trusting = (principal) => ({ Statement: [statement] }) => (statement.Principal = principal)
