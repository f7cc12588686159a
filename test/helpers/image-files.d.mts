/** @returns files by what they are */
export function makeImageFiles(): Map<string, { type: string; data: Uint8Array }>
