/** What of the page is open, and how it looks. */

import { computed, effect, signal } from '@preact/signals';

export type SideSheet =
  | 'help'
  | 'guide'
  | 'videos'
  | 'threshold'
  | 'sheet'
  | 'faces'
  | 'history'
  | 'export'
  | 'import'
  | 'overview'
  | 'team'
  | 'settings';
export type Theme = 'dark' | 'light' | 'system';

const STORED_THEME = 'feltline.theme';
const THEMES: readonly string[] = ['dark', 'light', 'system'];

/** The one side sheet that is open; it never takes the keys away from the page. */
export const sideSheet = signal<SideSheet | null>(null);

export function toggleSheet(name: SideSheet): void {
  sideSheet.value = sideSheet.value === name ? null : name;
}

const STORED_FACES = 'feltline.padFaces';
/** Anchor faces stay on the pad; while the guide is open they are there anyway. */
export const keepsFaces = signal(localStorage.getItem(STORED_FACES) === 'true');
export const facesOnPad = computed(
  () => keepsFaces.value || sideSheet.value === 'guide',
);

export function setKeepsFaces(keeps: boolean): void {
  localStorage.setItem(STORED_FACES, String(keeps));
  keepsFaces.value = keeps;
}

function storedTheme(): Theme {
  const stored = localStorage.getItem(STORED_THEME) ?? 'system';
  return THEMES.includes(stored) ? (stored as Theme) : 'system';
}

export const theme = signal<Theme>(storedTheme());
const systemDark = matchMedia('(prefers-color-scheme: dark)');

function applyTheme(): void {
  const dark =
    theme.value === 'dark' || (theme.value === 'system' && systemDark.matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

effect(applyTheme);
systemDark.addEventListener('change', applyTheme);

export function setTheme(chosen: Theme): void {
  localStorage.setItem(STORED_THEME, chosen);
  theme.value = chosen;
}
