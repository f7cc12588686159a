/** Columns as wide as their widest cell; the first to the left, the others to the right. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  '),
    )
    .join('\n')
}

const fixed = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '-')
const both = (ours, theirs, digits) => `${fixed(ours, digits)} / ${fixed(theirs, digits)}`

/** One case as soon as it is measured. */
export function briefly({ ratio, ours, theirs, streams }) {
  const speed = `${both(ours.fps, theirs.fps, 0)} fps, ratio ${fixed(ratio, 2)}`
  if (!streams) return speed
  const rates = both(streams.ours.bitrate / 1e6, streams.theirs.bitrate / 1e6, 2)
  return `${speed}, ${both(streams.ours.psnr, streams.theirs.psnr, 2)} dB at ${rates} Mb/s`
}

export function codecTable(results) {
  const head = [
    'case (ours / ffmpeg)',
    'fps',
    'ratio',
    'wanted',
    'luma PSNR dB',
    'Mb/s',
    'peak RSS MB',
    'CPU s',
    'elu',
    'delay p50, p99 ms',
  ]
  const rows = results.map(({ name, targets, ratio, ours, theirs, streams }) => [
    name,
    both(ours.fps, theirs.fps, 0),
    fixed(ratio, 2),
    targets.minRatio === undefined ? '' : String(targets.minRatio),
    streams ? both(streams.ours.psnr, streams.theirs.psnr, 2) : '',
    streams ? both(streams.ours.bitrate / 1e6, streams.theirs.bitrate / 1e6, 2) : '',
    both(ours.peakBytes / 2 ** 20, theirs.peakBytes / 2 ** 20, 0),
    both(ours.cpuSeconds, theirs.cpuSeconds, 1),
    fixed(ours.utilization, 2),
    `${fixed(ours.delayP50, 1)}, ${fixed(ours.delayP99, 1)}`,
  ])
  return `Whole processes, medians; ratio: median of the pairs.\n${table([head, ...rows])}`
}

export function chromiumTable(results) {
  const head = [`case (ours / Chromium ${results[0].chromium})`, 'fps', 'ratio', 'wanted', 'luma PSNR dB', 'Mb/s']
  const rows = results.map(({ name, targets, ratio, ours, theirs, streams }) => [
    name,
    both(ours, theirs, 0),
    fixed(ratio, 2),
    targets.minRatio === undefined ? '' : String(targets.minRatio),
    both(streams.ours.psnr, streams.theirs.psnr, 2),
    both(streams.ours.bitrate / 1e6, streams.theirs.bitrate / 1e6, 2),
  ])
  return `From the first frame to the end of flush(), medians; ratio: median of the pairs.\n${table([head, ...rows])}`
}

export function candidateTable({ name, content, rows }) {
  const head = [name, 'fps', 'luma PSNR dB', 'Mb/s', 'CPU s']
  const cells = rows.map(({ label, fps, streams, cpuSeconds }) => [
    label,
    fixed(fps, 0),
    fixed(streams.psnr, 2),
    fixed(streams.bitrate / 1e6, 2),
    fixed(cpuSeconds, 1),
  ])
  return `The ffmpeg command line, whole processes, medians (content: ${content}).\n${table([head, ...cells])}`
}

export function commandList(results) {
  return results
    .map(({ name, content, commands, streams }) => {
      const settings =
        streams?.differences &&
        (streams.differences.length
          ? `settings differ (ours / ffmpeg): ${streams.differences.join(', ')}`
          : 'x264 reports the same settings in both streams')
      return [
        `${name} (content: ${content})`,
        `  ${commands.ours}`,
        `  ${commands.theirs}`,
        ...(settings ? [`  ${settings}`] : []),
      ].join('\n')
    })
    .join('\n')
}

export function scriptTable(rows) {
  const head = ['call', 'time', 'wanted at most']
  const cells = rows.map(({ name, value, unit, limit }) => [
    name,
    `${fixed(value, 1)} ${unit}`,
    limit === undefined ? '' : `${fixed(limit, 1)} ${unit}`,
  ])
  return table([head, ...cells])
}
