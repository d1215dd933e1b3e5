/** How times are written. */

/** `1:02.5`, `1:00:02`; `digits` of a second. */
export function clock(seconds: number, digits = 0): string {
  const unit = 10 ** digits;
  const whole = Math.round(Math.max(0, seconds) * unit);
  const rest = whole % (60 * unit);
  const minutes = Math.floor(whole / (60 * unit));
  const hours = Math.floor(minutes / 60);
  const text = (rest / unit).toFixed(digits).padStart(digits ? 3 + digits : 2, '0');
  if (!hours) return `${minutes}:${text}`;
  return `${hours}:${String(minutes % 60).padStart(2, '0')}:${text}`;
}
