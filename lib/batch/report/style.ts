/** How the report looks, and what sorts its table. Both are in the page, which loads nothing. */

export const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --faint: #57606a; --page: #fff; --box: #f6f8fa; --line: #d0d7de;
  --link: #0550ae; --good: #116329; --bad: #a40e26; --wait: #7d4e00;
  --s0: #0550ae; --s1: #953800; --s2: #116329; --s3: #8250df; --s4: #a40e26; --s5: #57606a }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --faint: #9ea7b3; --page: #0d1117; --box: #161b22;
  --line: #3d444d; --link: #79c0ff; --good: #56d364; --bad: #ff8e8a; --wait: #e3b341;
  --s0: #79c0ff; --s1: #ffa657; --s2: #56d364; --s3: #d2a8ff; --s4: #ff8e8a; --s5: #9ea7b3 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; margin: 0 0 .25rem }
h2 { font-size: 1.15rem; margin: 0 }
h3 { font-size: 1rem; margin: 1rem 0 .25rem }
a { color: var(--link) }
p { margin: .5rem 0 }
.faint, figcaption, dt { color: var(--faint) }
.scroll { overflow-x: auto }
.scroll table { min-width: 36rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { padding: .3rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td.name { min-width: 10rem }
td.short { white-space: nowrap }
thead th { white-space: nowrap }
th button { font: inherit; font-weight: bold; color: inherit; background: none; border: 0; padding: 0; cursor: pointer }
th button::after { content: '\\2195'; opacity: .45; padding-left: .3em; font-weight: normal }
th[aria-sort=ascending] button::after { content: '\\2191'; opacity: 1 }
th[aria-sort=descending] button::after { content: '\\2193'; opacity: 1 }
.status { font-weight: bold; white-space: nowrap }
.done, .before { color: var(--good) }
.failed { color: var(--bad) }
.unfinished { color: var(--wait) }
.totals { display: flex; flex-wrap: wrap; gap: .25rem 2rem; margin: 1rem 0; padding: 0 }
.totals div { display: flex; flex-direction: column }
.totals dd { margin: 0; font-size: 1.2rem }
.job { margin: 1.5rem 0; padding: 1rem; background: var(--box); border: 1px solid var(--line); border-radius: 8px;
  content-visibility: auto; contain-intrinsic-size: auto 40rem }
.job header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1rem }
.error { border-left: 4px solid var(--bad); padding-left: .75rem }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0 }
.facts dd { margin: 0 }
.pairs { display: flex; flex-wrap: wrap; gap: 1rem; margin: .75rem 0 }
.pairs figure { margin: 0 }
.pair { display: flex; gap: 4px; max-width: 100% }
.pair img { flex: 0 1 auto; min-width: 0; max-width: calc(50% - 2px); height: auto; border-radius: 4px }
.plot { margin: .75rem 0; max-width: 40rem }
.plot svg { display: block; width: 100%; height: auto }
.plot text { font-size: 13px; fill: var(--faint) }
.plot .grid { stroke: var(--line); stroke-width: 1 }
.stream polyline { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round }
.stream circle { fill: currentColor }
.s0 { color: var(--s0) } .s1 { color: var(--s1) } .s2 { color: var(--s2) }
.s3 { color: var(--s3) } .s4 { color: var(--s4) } .s5 { color: var(--s5) }
.s1 polyline { stroke-dasharray: 7 4 } .s2 polyline { stroke-dasharray: 2 3 } .s3 polyline { stroke-dasharray: 9 3 2 3 }
.s4 polyline { stroke-dasharray: 4 4 } .s5 polyline { stroke-dasharray: 1 4 }
.key { margin-right: .75rem; font-weight: bold }
pre { overflow-x: auto; font-size: .85rem; margin: .5rem 0; white-space: pre-wrap }
@media (max-width: 40rem) { body { padding: .5rem } .job { padding: .6rem } .facts { grid-template-columns: 1fr }
  .facts dd { margin-bottom: .4rem } .plot text { font-size: 20px } }
@media print { .job { break-inside: avoid; content-visibility: visible } th button::after { content: none } }
`

/** Sorts the rows of the summary by the column whose heading is pressed. */
export const SCRIPT = `
for (const button of document.querySelectorAll('#summary th button')) {
  button.addEventListener('click', () => {
    const heading = button.closest('th')
    const column = heading.cellIndex
    const descending = heading.getAttribute('aria-sort') === 'ascending'
    const body = document.querySelector('#summary tbody')
    const key = (row) => {
      const { sort } = row.cells[column].dataset
      return sort === undefined ? row.cells[column].textContent : sort === '' ? -Infinity : Number(sort)
    }
    const compare = (a, b) => typeof a === 'string' ? a.localeCompare(b, undefined, { numeric: true }) : a < b ? -1 : a > b ? 1 : 0
    const rows = [...body.rows].map((row) => [key(row), row]).sort(([a], [b]) => compare(a, b))
    if (descending) rows.reverse()
    body.append(...rows.map(([, row]) => row))
    for (const other of heading.parentElement.cells) other.removeAttribute('aria-sort')
    heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending')
  })
}
`
