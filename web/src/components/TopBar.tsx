/** Project, video, side sheets, saving, language and colours. */

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Language, language, number, setLanguage, t } from '../i18n';
import { type Action, ariaKeys, keyHint } from '../keys';
import { openJobs } from '../manage/jobs';
import { uploadProgress } from '../manage/uploads';
import { opens } from '../state/allowed';
import { may, session } from '../state/session';
import {
  type SideSheet,
  setTheme,
  sideSheet,
  type Theme,
  theme,
  toggleSheet,
} from '../state/ui';
import { redo, undo } from '../state/undoStack';
import { onlyVideo, videos } from '../state/videos';
import { nWaiting } from '../teams/TeamSheet';
import { Icon } from './Icon';
import { ActionButton, keepFocus } from './Key';
import { SaveState } from './SaveState';
import { useRoom } from './useRoom';

const SHEETS = ['threshold', 'sheet', 'faces', 'history'] as const;
const PLAIN = ['overview', 'export'] as const;

export function TopBar() {
  const bar = useRef<HTMLElement>(null);
  const name = session.value?.project.name ?? '';
  useRoom(bar, '.brand b, .videos-button .button-label', [
    name,
    onlyVideo.value,
    language.value,
    videos.value,
    nWaiting(),
  ]);
  return (
    <header ref={bar} class="top-bar">
      <h1 class="brand">
        <a class="brand-link" href="/" title={t('start.back')} data-testid="to-start">
          <Mark />
          <span class="sr-only">{t('start.back')}</span>
        </a>
        <b title={name}>{name}</b>
      </h1>
      <VideosButton />
      {may('judge') && <UndoRedo />}
      <SaveState />
      <More />
    </header>
  );
}

function UndoRedo() {
  return (
    <div class="control-group">
      <ActionButton
        action="undo"
        label={t('top.undo')}
        class="icon-button"
        onPress={undo}
        testid="undo"
      >
        <Icon name="undo" />
      </ActionButton>
      <ActionButton
        action="redo"
        label={t('top.redo')}
        class="icon-button"
        onPress={redo}
        testid="redo"
      >
        <Icon name="redo" />
      </ActionButton>
    </div>
  );
}

/** Side sheets and settings; what a narrow window has no room for waits behind a button. */
function More() {
  const open = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    // What was chosen is seen at once.
    if (sideSheet.value !== null) open.value = false;
  });
  useEffect(() => {
    const close = (event: Event) => {
      const inside =
        event.target instanceof Node && root.current?.contains(event.target);
      if (!inside) open.value = false;
    };
    addEventListener('pointerdown', close);
    return () => removeEventListener('pointerdown', close);
  }, []);
  return (
    <div
      ref={root}
      class="top-more"
      role="group"
      aria-label={t('top.more')}
      data-open={open.value}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open.value) return;
        event.stopPropagation();
        open.value = false;
        root.current?.querySelector('button')?.focus();
      }}
    >
      <button
        type="button"
        class="icon-button more-button"
        aria-label={t('top.more')}
        title={t('top.more')}
        aria-expanded={open.value}
        data-testid="more"
        onMouseDown={keepFocus}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <Icon name="more" />
      </button>
      <div class="top-list">
        <nav class="top-panels" aria-label={t('top.panels')}>
          {SHEETS.filter(opens).map((name) => (
            <SheetButton key={name} name={name} action={name} />
          ))}
          {opens('team') && <TeamButton />}
          {PLAIN.filter(opens).map((name) => (
            <PlainButton key={name} name={name} />
          ))}
          <SheetButton name="guide" action="guide" />
          <SheetButton name="help" action="help" />
        </nav>
        <div class="top-settings">
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </div>
    </div>
  );
}

/** Two lines over time: the sign of the program. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" role="img" aria-label="feltline">
      <path class="of-dimension-0" d="M2 15c4 0 4-9 8-9s4 8 7 8 3-3 5-3" />
      <path class="of-dimension-1" d="M2 9c3 0 4 9 8 9s4-12 7-12 3 2 5 2" />
    </svg>
  );
}

function VideosButton() {
  const one = videos.value.find((v) => v.video_id === onlyVideo.value);
  const counted = one ? [one] : videos.value;
  const n = counted.reduce((sum, v) => sum + (v.n_pending ?? 0), 0);
  return (
    <button
      type="button"
      class="button videos-button"
      aria-keyshortcuts={ariaKeys('videos')}
      aria-pressed={sideSheet.value === 'videos'}
      title={[one?.video_id, `${t('top.videos')} (${keyHint('videos')})`]
        .filter(Boolean)
        .join(' · ')}
      data-testid="videos"
      onMouseDown={keepFocus}
      onClick={() => toggleSheet('videos')}
    >
      <Icon name="videos" />
      <span class="button-label">{one?.video_id ?? t('top.allVideos')}</span>
      <span class={n > 0 ? 'count' : 'count none'}>
        {t('top.open', { n: number(n) })}
      </span>
      <WorkGoing />
    </button>
  );
}

/** That videos are on their way in, or other long work goes on; the sheet says more. */
function WorkGoing() {
  const n = openJobs.value.length + uploadProgress.value.n;
  if (n === 0) return null;
  return (
    <span
      class="work-going"
      role="img"
      aria-label={t('jobs.going')}
      title={t('jobs.going')}
    />
  );
}

function SheetButton({ name, action }: { name: SideSheet; action: Action }) {
  return (
    <ActionButton
      action={action}
      label={t(`top.${name}`)}
      class="button quiet"
      onPress={() => toggleSheet(name)}
      pressed={sideSheet.value === name}
      testid={`open-${name}`}
      showKey
    />
  );
}

/** The team's sheet, with how many comments wait there. */
function TeamButton() {
  const n = nWaiting();
  return (
    <ActionButton
      action="team"
      label={t('top.team')}
      class="button quiet"
      onPress={() => toggleSheet('team')}
      pressed={sideSheet.value === 'team'}
      testid="open-team"
      after={
        n > 0 && (
          <span class="count" data-testid="team-waiting">
            {n}
            <span class="sr-only">{t('teams.waiting')}</span>
          </span>
        )
      }
      showKey
    />
  );
}

/** Opens a sheet that has no key of its own. */
function PlainButton({ name }: { name: (typeof PLAIN)[number] }) {
  return (
    <button
      type="button"
      class="button quiet"
      aria-pressed={sideSheet.value === name}
      data-testid={`open-${name}`}
      onMouseDown={keepFocus}
      onClick={() => toggleSheet(name)}
    >
      <span class="button-label">{t(`top.${name}`)}</span>
    </button>
  );
}

/** Languages are named in themselves. */
const LANGUAGES: Record<Language, string> = { en: 'English', ja: '日本語' };

export function LanguageSwitch() {
  return (
    <select
      class="select"
      aria-label={t('top.language')}
      title={t('top.language')}
      data-testid="language"
      value={language.value}
      onChange={(event) => {
        setLanguage(event.currentTarget.value as Language);
        event.currentTarget.blur();
      }}
    >
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export function ThemeSwitch() {
  return (
    <select
      class="select"
      aria-label={t('top.theme')}
      title={t('top.theme')}
      data-testid="theme"
      value={theme.value}
      onChange={(event) => {
        setTheme(event.currentTarget.value as Theme);
        event.currentTarget.blur();
      }}
    >
      {THEMES.map((name) => (
        <option key={name} value={name}>
          {t(`top.theme.${name}`)}
        </option>
      ))}
    </select>
  );
}
