/** HTML that is made of texts nobody can trust: what is put into a template is text, unless it is markup already. */

/** Markup, as `html` makes it. */
export class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** Nothing comes of null, undefined and false. */
export type Content = Markup | string | number | null | undefined | false | readonly Content[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** What HTML cannot hold, and what would turn the text around it the other way, as the picture that Unicode has of it. */
const visible = (character: string): string => {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : '\ufffd'
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: file names may have them
const UNSEEN = /[\0-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g

/** Text for elements and for attributes in quotation marks. */
export const escapeHtml = (text: string): string =>
  text.replace(UNSEEN, visible).replace(/[&<>"']/g, (character) => ENTITIES[character]!)

function markupOf(content: Content): string {
  if (content instanceof Markup) return content.toString()
  if (content === null || content === undefined || content === false) return ''
  if (typeof content === 'object') return content.map(markupOf).join('')
  return escapeHtml(String(content))
}

/** A template of markup. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let text = strings[0]!
  for (let index = 0; index < contents.length; index++) text += markupOf(contents[index]) + strings[index + 1]!
  return new Markup(text)
}
