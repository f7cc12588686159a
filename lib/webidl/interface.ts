/** What a Web IDL interface has and a JavaScript class has not. */

function makeEnumerable(object: object, except: readonly string[]): void {
  for (const name of Object.getOwnPropertyNames(object)) {
    if (!except.includes(name)) Object.defineProperty(object, name, { enumerable: true })
  }
}

/**
 * Makes the members of a class enumerable and gives its prototype the class string, as Web IDL demands.
 * @param name the interface's name; bundlers rename classes that refer to themselves
 */
export function defineInterface(interfaceObject: abstract new (...args: never[]) => object, name: string): void {
  makeEnumerable(interfaceObject.prototype, ['constructor'])
  makeEnumerable(interfaceObject, ['length', 'name', 'prototype'])
  Object.defineProperty(interfaceObject, 'name', { value: name, configurable: true })
  Object.defineProperty(interfaceObject.prototype, Symbol.toStringTag, { value: name, configurable: true })
}
