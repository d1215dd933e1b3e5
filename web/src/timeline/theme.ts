/** Colours of the timeline, read from the page's custom properties. */

const NAMES = {
  muted: '--muted',
  grid: '--grid',
  border: '--border',
  surface: '--surface',
  accent: '--accent',
  human: '--human',
  humanRing: '--human-ring',
  below: '--below',
  pending: '--timeline-pending',
  belowHatch: '--below-hatch',
  accepted: '--timeline-accepted',
  reviewed: '--timeline-reviewed',
  imported: '--timeline-imported',
  sure: '--timeline-sure',
  confidence: '--timeline-confidence',
} as const;

/** Colours of dimensions; those of further ones are the same again. */
export const DIMENSION_COLOURS = 6;

export type Theme = Record<keyof typeof NAMES, string> & {
  font: string;
  dimension: readonly string[];
  dimensionTint: readonly string[];
};

/**
 * Reads the colours as the browser computes them, for a canvas knows no `var()` and no
 * `color-mix()`.
 */
export function readTheme(host: HTMLElement): Theme {
  const probe = document.createElement('span');
  probe.hidden = true;
  host.append(probe);
  const style = getComputedStyle(probe);
  const read = (property: string) => {
    probe.style.color = `var(${property})`;
    return style.color;
  };
  const colours = Object.entries(NAMES).map(([name, property]) => [
    name,
    read(property),
  ]);
  const dimensions = (end: string) =>
    Array.from({ length: DIMENSION_COLOURS }, (_, d) => read(`--dimension-${d}${end}`));
  const theme = {
    ...Object.fromEntries(colours),
    font: style.fontFamily,
    dimension: dimensions(''),
    dimensionTint: dimensions('-tint'),
  };
  probe.remove();
  return theme as Theme;
}

/** Calls back when the page turns dark or light; returns how to stop. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['data-theme'],
  });
  return () => observer.disconnect();
}
