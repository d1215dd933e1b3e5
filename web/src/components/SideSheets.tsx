/** The one side sheet that is open. */

import { useComputed } from '@preact/signals';
import { ImportSheet } from '../data/ImportSheet';
import { OverviewSheet } from '../data/OverviewSheet';
import { t } from '../i18n';
import { SettingsSheet } from '../manage/SettingsSheet';
import { ContactSheet } from '../panels/ContactSheet';
import { FacesPanel } from '../panels/FacesPanel';
import { HistoryPanel } from '../panels/HistoryPanel';
import { Panel } from '../panels/Panel';
import { ThresholdPanel } from '../panels/ThresholdPanel';
import { openFrame } from '../state/actions';
import { opens } from '../state/allowed';
import { outbox, outboxSignal } from '../state/changes';
import { latestEvent, predictionRevision, purges } from '../state/live';
import { refreshQueue } from '../state/queue';
import { frame, place, video } from '../state/selection';
import { loadSession, session } from '../state/session';
import { sideSheet } from '../state/ui';
import { loadVideos, videos } from '../state/videos';
import { TeamSheet } from '../teams/TeamSheet';
import { ExportSheet } from './ExportSheet';
import { GuideSheet } from './GuideSheet';
import { HelpOverlay } from './HelpOverlay';
import { VideosSheet } from './VideosSheet';

const send: ReturnType<typeof outbox>['ask'] = (change) => outbox().ask(change);

async function tracksChanged(): Promise<void> {
  await loadVideos();
  await refreshQueue();
}

async function thresholdChanged(): Promise<void> {
  await Promise.all([loadSession(), loadVideos()]);
  await refreshQueue();
}

/** What fails here is shown by the save state, and made up for once the server is back. */
const calmly = (work: () => Promise<void>) => () => void work().catch(() => undefined);

export function SideSheets() {
  const at = useComputed(() => place.value && { ...place.value, frame: frame.value });
  const common = { send, onOpen: openFrame };
  const name = sideSheet.value;
  if (!outboxSignal.value || !session.value) return null;
  if (name && !opens(name)) return null;
  if (name === 'help') return <HelpOverlay />;
  if (name === 'guide') return <GuideSheet />;
  if (name === 'videos') return <VideosSheet />;
  if (name === 'export') return <ExportSheet />;
  if (name === 'import') return <ImportSheet />;
  if (name === 'overview') return <OverviewSheet />;
  if (name === 'team') return <TeamSheet />;
  if (name === 'settings') return <SettingsSheet />;
  if (name === 'threshold') {
    return (
      <ThresholdPanel
        {...common}
        onApplied={calmly(thresholdChanged)}
        revision={predictionRevision.value}
      />
    );
  }
  if (name === 'sheet') {
    return <ContactSheet key={purges.value} {...common} place={at.value} />;
  }
  if (name === 'history')
    return <HistoryPanel {...common} revision={latestEvent.value} />;
  if (name === 'faces' && video.value) {
    return (
      <FacesPanel
        {...common}
        video={video.value}
        track_id={place.value?.track_id ?? null}
        frame={frame.value}
        onChanged={calmly(tracksChanged)}
      />
    );
  }
  if (name === 'faces') return <NoFaces />;
  return null;
}

/** Without a video or a face there are no tracks to edit. */
function NoFaces() {
  return (
    <Panel name="faces" title={t('sheet.faces')}>
      <p class="muted">{t(videos.value.length ? 'faces.none' : 'video.none')}</p>
    </Panel>
  );
}
