/** The projects: how far each is, when it was last used, or why it cannot be opened. */

import { useSignal } from '@preact/signals';
import { forgetProject } from '../api/client';
import type { ListedProject } from '../api/types';
import { language, number, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { loadStart, pageOf, projects, server } from './start';

export function ProjectList() {
  if (projects.value.length === 0) {
    return (
      <p class="muted" data-testid="no-project">
        {t(server.value?.is_admin ? 'start.none' : 'people.noProject')}
      </p>
    );
  }
  return (
    <ul class="project-list" aria-label={t('start.projects')}>
      {projects.value.map((one) => (
        <li key={one.key} class="project" data-testid="project" data-key={one.key}>
          <Row one={one} />
        </li>
      ))}
    </ul>
  );
}

function Row({ one }: { one: ListedProject }) {
  return (
    <>
      <h2>
        <a href={pageOf(one.key)} data-testid="project-link">
          {one.name}
        </a>
      </h2>
      <p class="project-counts" data-testid="project-counts">
        {countsText(one)}
      </p>
      <p class="muted">{usedText(one)}</p>
      <p class="muted project-folder">{one.folder}</p>
      {one.fault && (
        <p class="project-fault" data-testid="project-fault">
          {t('start.fault', { why: one.fault })}
        </p>
      )}
      {server.value?.is_admin && <Forget one={one} />}
    </>
  );
}

function countsText({ counts }: ListedProject): string {
  if (!counts) return t('start.notCounted');
  return t('start.counts', {
    videos: t('start.videos', { n: counts.n_videos }),
    judgements: t('videos.labels', { n: counts.n_judgements }),
    open: t('top.open', { n: number(counts.n_pending) }),
  });
}

function usedText({ used_at }: ListedProject): string {
  if (!used_at) return t('start.neverUsed');
  const form = new Intl.DateTimeFormat(language.value, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  return t('start.used', { when: form.format(new Date(used_at)) });
}

/** Takes a project off the list, once that was asked for twice. */
function Forget({ one }: { one: ListedProject }) {
  const asking = useSignal(false);
  const fault = useSignal<string | null>(null);
  const forget = async () => {
    try {
      await forgetProject(one.key);
      await loadStart();
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  if (!asking.value) {
    return (
      <button
        type="button"
        class="button small project-forget"
        aria-label={t('start.forgetOne', { project: one.name })}
        data-testid="forget"
        onClick={() => {
          asking.value = true;
        }}
      >
        {t('start.forget')}
      </button>
    );
  }
  return (
    <div class="project-forget">
      <p role="status">{t('start.forgetSure')}</p>
      <button
        type="button"
        class="button small"
        data-testid="forget-yes"
        ref={(button) => button?.focus()}
        onClick={() => void forget()}
      >
        {t('start.forget')}
      </button>
      <button
        type="button"
        class="button quiet small"
        onClick={() => {
          asking.value = false;
        }}
      >
        {t('start.cancel')}
      </button>
      <Fault text={fault.value} />
    </div>
  );
}
