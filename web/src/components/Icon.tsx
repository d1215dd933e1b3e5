/** Line icons of the controls, drawn with the text's colour. */

const PATHS = {
  first: 'M6 5v14M19 5l-9 7 9 7z',
  last: 'M18 5v14M5 5l9 7-9 7z',
  secondBack: 'M12 6l-8 6 8 6zM21 6l-8 6 8 6z',
  secondOn: 'M12 6l8 6-8 6zM3 6l8 6-8 6z',
  frameBack: 'M15 6l-8 6 8 6',
  frameOn: 'M9 6l8 6-8 6',
  play: 'M7 4l13 8-13 8z',
  pause: 'M7 5v14M17 5v14',
  labelledBack: 'M12 6l-7 6 7 6M16.5 12a1.5 1.5 0 103 0 1.5 1.5 0 10-3 0',
  labelledOn: 'M12 6l7 6-7 6M4.5 12a1.5 1.5 0 103 0 1.5 1.5 0 10-3 0',
  back: 'M14 6l-6 6 6 6',
  next: 'M10 6l6 6-6 6',
  undo: 'M8 5L4 9l4 4M4 9h10a6 6 0 010 12h-3',
  redo: 'M16 5l4 4-4 4M20 9H10a6 6 0 000 12h3',
  close: 'M6 6l12 12M18 6L6 18',
  sound: 'M4 9v6h4l5 4V5L8 9zM17 9a4 4 0 010 6',
  mute: 'M4 9v6h4l5 4V5L8 9zM17 9l5 6M22 9l-5 6',
  down: 'M6 9l6 6 6-6',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  tracing: 'M2 15c3 0 4-9 7-9s4 11 7 11 3-6 6-6',
  videos: 'M4 6h16M4 12h16M4 18h16',
  warning: 'M12 4L2.5 20h19zM12 10v4M12 17h.01',
  comment: 'M4 5h16v11H9l-5 4z',
  talk: 'M3 4h11v8H8l-3 3v-3H3z M17 9h4v8h-2v3l-3-3h-6v-2',
  hidden:
    'M3 3l18 18M10 6.2A10 10 0 0122 12a14 14 0 01-3 3.6M6.5 7.5A14 14 0 002 12a10 10 0 0014.5 5.2',
} as const;

export type IconName = keyof typeof PATHS;

/** Icons that are filled shapes. */
const FILLED = new Set<IconName>(['play', 'first', 'last', 'secondBack', 'secondOn']);

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      aria-hidden="true"
      fill={FILLED.has(name) ? 'currentColor' : 'none'}
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
