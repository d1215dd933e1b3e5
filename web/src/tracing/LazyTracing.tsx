/** Live rating is fetched when it is first asked for: most sessions do without it. */

import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import { announce } from '../state/announcements';
import { closeTracing } from '../state/tracing';

const screen = signal<ComponentType | null>(null);

async function fetchScreen(): Promise<void> {
  if (screen.peek()) return;
  try {
    const { TracingScreen } = await import('./TracingScreen');
    screen.value = TracingScreen;
  } catch {
    // Offline, or a newer page has taken the place of this one on the server.
    announce('error', 'tracing.notFetched');
    closeTracing();
  }
}

export function LazyTracing() {
  useEffect(() => void fetchScreen(), []);
  const Screen = screen.value;
  if (Screen) return <Screen />;
  return (
    <p class="empty" role="status">
      {t('sheet.loading')}
    </p>
  );
}
