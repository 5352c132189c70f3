/** `5.59MB` as the CLI writes sizes, in bytes; 0 for what is none. Pure. */
export function bytesIn(size: string): number {
  const [, number = "0", unit = ""] = /^([\d.]+)([kMGT]?)i?B$/.exec(size) ?? [];
  return Number(number) * 1000 ** ["", "k", "M", "G", "T"].indexOf(unit);
}
