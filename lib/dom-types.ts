/**
 * Types of attributes where TypeScript's DOM library names fewer values than today's specification. Where that library
 * is loaded its own types are used, so that an object of ours can be given to whatever takes the browser's.
 */

type DomInstance<Name extends string> = typeof globalThis extends { [K in Name]: { prototype: infer Instance } }
  ? Instance
  : unknown

/** The type of attribute `Key` of the DOM library's interface `Name`, or `Fallback` where there is no such library. */
export type DomAttribute<Name extends string, Key extends string, Fallback> =
  DomInstance<Name> extends { readonly [K in Key]: infer Value } ? Value : Fallback
