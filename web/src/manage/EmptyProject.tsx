/** The first card of a project without videos: how to begin. */

import { getSettings } from '../api/client';
import { t } from '../i18n';
import { useLoaded } from '../panels/useLoaded';
import { may } from '../state/session';
import { sideSheet } from '../state/ui';
import { ChooseFiles, isBrowsing, Uploads } from './AddVideos';
import { JobStrip } from './JobStrip';
import { settingsRevision } from './jobs';
import './manage.css';

const STEPS = ['add', 'suggest', 'label', 'export'] as const;

/** Who does not bring videos in waits for those who do. */
export function EmptyProject() {
  if (may('manage')) return <Beginning />;
  return (
    <div class="empty-project" data-testid="queue-empty">
      <p class="reason">{t('card.noVideo')}</p>
      <p>{t('empty.wait')}</p>
    </div>
  );
}

function Beginning() {
  const settings = useLoaded(getSettings, [settingsRevision.value]);
  return (
    <div class="empty-project" data-testid="queue-empty">
      <p class="reason">{t('card.noVideo')}</p>
      <p>{t('empty.begin')}</p>
      <div class="manage-row">
        <ChooseFiles isMain />
        {may('admin') && (
          <button
            type="button"
            class="button"
            data-testid="empty-browse"
            onClick={() => {
              isBrowsing.value = true;
              sideSheet.value = 'videos';
            }}
          >
            {t('add.browse')}
          </button>
        )}
      </div>
      {sideSheet.value !== 'videos' && (
        <>
          <Uploads />
          <JobStrip />
        </>
      )}
      <ol class="empty-steps">
        {STEPS.map((name) => (
          <li key={name}>{t(`empty.step.${name}`)}</li>
        ))}
      </ol>
      {settings.value && (
        <p class="muted small" data-testid="empty-folder">
          {t('empty.folder', { folder: settings.value.folder })}
        </p>
      )}
    </div>
  );
}
