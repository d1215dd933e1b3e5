/** The head of the sheet of videos: bring them in, suggest frames, settings, jobs. */

import { useSignal } from '@preact/signals';
import { t } from '../i18n';
import { opens } from '../state/allowed';
import { may } from '../state/session';
import { sideSheet } from '../state/ui';
import { videos } from '../state/videos';
import { AddVideos } from './AddVideos';
import { JobStrip } from './JobStrip';
import { SuggestForm } from './SuggestForm';
import './manage.css';

export function ManageVideos() {
  const isSuggesting = useSignal(false);
  if (!may('lead')) return null;
  return (
    <div class="manage">
      {may('manage') && <AddVideos />}
      <div class="manage-row">
        {videos.value.length > 0 && (
          <button
            type="button"
            class="button small"
            aria-expanded={isSuggesting.value}
            data-testid="open-suggest"
            onClick={() => {
              isSuggesting.value = !isSuggesting.value;
            }}
          >
            {t('suggest.label')}
          </button>
        )}
        {opens('settings') && (
          <button
            type="button"
            class="button small"
            data-testid="open-settings"
            onClick={() => {
              sideSheet.value = 'settings';
            }}
          >
            {t('sheet.settings')}
          </button>
        )}
      </div>
      {isSuggesting.value && (
        <SuggestForm
          onDone={() => {
            isSuggesting.value = false;
          }}
        />
      )}
      <JobStrip />
    </div>
  );
}
