// cdk deploy -c user=alice -c zip=../../bootstrap.zip
import { App } from 'aws-cdk-lib'

import { KeyRotatorStack } from './rotator.mjs'

export const app = new App()
const asked = (name) => {
  const value = app.node.tryGetContext(name)
  if (typeof value !== 'string' || value === '') throw new Error(`say -c ${name}=…`)
  return value
}
const user = asked('user')
// A stack's name takes letters, digits and hyphens; a user's name more.
const stack = `rotate-${user.replace(/[^A-Za-z0-9-]/g, '-')}`
new KeyRotatorStack(app, stack, { user, zip: asked('zip') })
