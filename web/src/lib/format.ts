/** How times and values are written. */

/** Seconds as 1:02.345, with hours where needed. */
export function clockText(seconds: number): string {
  const thousandths = Math.round(seconds * 1000);
  const rest = String(thousandths % 60_000).padStart(5, '0');
  const minutes = Math.floor(thousandths / 60_000);
  const tail = `${rest.slice(0, 2)}.${rest.slice(2)}`;
  if (minutes < 60) return `${minutes}:${tail}`;
  const hours = Math.floor(minutes / 60);
  return `${hours}:${String(minutes % 60).padStart(2, '0')}:${tail}`;
}

/** A value with its sign, two digits: +0.31, −0.12, 0.00. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  if (text === '0.00') return text;
  return `${value < 0 ? '\u2212' : '+'}${text}`;
}
