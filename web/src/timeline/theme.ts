/** Colours of the timeline, read from the page's custom properties. */

const NAMES = {
  surface: '--surface',
  text: '--text',
  muted: '--muted',
  grid: '--grid',
  border: '--border',
  accent: '--accent',
  valence: '--valence',
  valenceTint: '--valence-tint',
  arousal: '--arousal',
  arousalTint: '--arousal-tint',
  human: '--human',
  humanRing: '--human-ring',
  below: '--below',
  pending: '--timeline-pending',
  belowHatch: '--below-hatch',
  accepted: '--timeline-accepted',
  imported: '--timeline-imported',
  sure: '--timeline-sure',
  confidence: '--timeline-confidence',
} as const;

export type Theme = Record<keyof typeof NAMES, string> & { font: string };

/**
 * Reads the colours as the browser computes them, for a canvas knows no `var()` and no
 * `color-mix()`.
 */
export function readTheme(host: HTMLElement): Theme {
  const probe = document.createElement('span');
  probe.hidden = true;
  host.append(probe);
  const style = getComputedStyle(probe);
  const colours = Object.entries(NAMES).map(([name, property]) => {
    probe.style.color = `var(${property})`;
    return [name, style.color];
  });
  const font = style.fontFamily;
  probe.remove();
  return { ...Object.fromEntries(colours), font } as Theme;
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
