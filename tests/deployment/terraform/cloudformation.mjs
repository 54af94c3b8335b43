// What CloudFormation makes of the template: only as much as the template uses. Anything else is an error.

const nothing = Symbol('AWS::NoValue')

/** A template for values of its parameters. `resource` tells what a resource is named: (logical id, attribute or null) => text. */
export class Stack {
  #template
  #resource
  #parameters

  constructor(template, parameters, pseudo, resource) {
    this.#template = template
    this.#resource = resource
    this.#parameters = { ...parameters, ...pseudo }
  }

  condition(name) {
    return name === undefined || this.value(this.#template.Conditions[name])
  }

  /** The resources that are made, by logical id, each with its Properties as they are sent. */
  resources() {
    return Object.fromEntries(
      Object.entries(this.#template.Resources)
        .filter(([, { Condition }]) => this.condition(Condition))
        .map(([id, { Type, Properties = {} }]) => [id, { Type, Properties: this.value(Properties) }]),
    )
  }

  /** An output's text, or null where it is left out. */
  output(name) {
    const { Condition, Value } = this.#template.Outputs[name]
    return this.condition(Condition) ? this.value(Value) : null
  }

  value(node) {
    if (Array.isArray(node)) return node.map((one) => this.value(one)).filter((one) => one !== nothing)
    if (node === null || typeof node !== 'object') return node
    const entries = Object.entries(node)
    const [name, argument] = entries[0] ?? ['', null]
    if (entries.length === 1 && (name === 'Ref' || name === 'Condition' || name.startsWith('Fn::'))) {
      return this.#call(name, argument)
    }
    return Object.fromEntries(
      entries
        .map(([key, one]) => [key, this.value(one)])
        .filter(([, one]) => one !== nothing),
    )
  }

  #ref(name) {
    if (name === 'AWS::NoValue') return nothing
    return name in this.#parameters ? this.#parameters[name] : this.#resource(name, null)
  }

  #call(name, argument) {
    const values = () => argument.map((one) => this.value(one))
    switch (name) {
      case 'Ref':
        return this.#ref(argument)
      // A condition of a policy's statement is an object.
      case 'Condition':
        return typeof argument === 'string' ? this.condition(argument) : { Condition: this.value(argument) }
      case 'Fn::GetAtt':
        return this.#resource(...(typeof argument === 'string' ? argument.split('.') : argument))
      case 'Fn::If':
        return this.value(argument[this.condition(argument[0]) ? 1 : 2])
      case 'Fn::Equals': {
        const [left, right] = values()
        return String(left) === String(right)
      }
      case 'Fn::Not':
        return !values()[0]
      case 'Fn::And':
        return values().every(Boolean)
      case 'Fn::Or':
        return values().some(Boolean)
      case 'Fn::Join': {
        const [between, list] = values()
        return list.join(between)
      }
      case 'Fn::Split': {
        const [between, text] = values()
        return text.split(between)
      }
      case 'Fn::Select': {
        const [index, list] = values()
        return list[index]
      }
      case 'Fn::Sub': {
        const [text, given] = typeof argument === 'string' ? [argument, {}] : [argument[0], this.value(argument[1])]
        return text.replace(/\$\{([^}]+)\}/g, (_, path) => {
          if (path in given) return given[path]
          return path.includes('.') ? this.#resource(...path.split('.')) : this.#ref(path)
        })
      }
      default:
        throw new Error(`${name} is not evaluated`)
    }
  }
}
