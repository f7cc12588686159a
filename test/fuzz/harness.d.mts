export interface FuzzTarget {
  name: string
}

export function loadTargets(): Promise<Map<string, FuzzTarget>>
