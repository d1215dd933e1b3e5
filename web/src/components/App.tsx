/** The page: video, pad and timeline, with the queue beside them. */

import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import { DropHint } from '../manage/DropHint';
import { useDrop } from '../manage/drop';
import { SignInLink } from '../people/SignInLink';
import { opens } from '../state/allowed';
import { begin, type Start, start, startFault } from '../state/live';
import { may, session } from '../state/session';
import { onSheet } from '../state/sheetFaces';
import { tracing } from '../state/tracing';
import { sideSheet } from '../state/ui';
import { LazyTracing } from '../tracing/LazyTracing';
import { Announcements } from './Announcements';
import { Controls } from './Controls';
import { LabelBar } from './LabelBar';
import { LookOn } from './LookOn';
import { Pad } from './Pad';
import { QueueCard } from './QueueCard';
import { ReadOut } from './ReadOut';
import { SheetCard } from './SheetCard';
import { SideSheets } from './SideSheets';
import { TopBar } from './TopBar';
import { PhoneNote, Tour, TourOffer } from './Tour';
import { Tracks } from './Tracks';
import { useKeys } from './useKeys';
import { VideoPane } from './VideoPane';

export function App() {
  useEffect(() => void begin(), []);
  const state = start.value;
  return state === 'ready' ? <Page /> : <Before state={state} />;
}

function Page() {
  useKeys();
  useDrop();
  const project = session.value?.project.name ?? '';
  const sheet = sideSheet.value;
  useEffect(() => {
    document.title = t('app.title', { project });
  });
  return (
    <div
      class="app"
      data-testid="app"
      data-sheet={sheet ?? 'none'}
      data-tracing={tracing.value}
    >
      <a class="skip-link" href="#judge">
        {t('app.skip')}
      </a>
      {!tracing.value && <Tour />}
      <TopBar />
      {!tracing.value && <PhoneNote />}
      {!tracing.value && <TourOffer />}
      {sheet && opens(sheet) && (
        <div class="side" data-wide={sheet === 'sheet'}>
          <SideSheets />
        </div>
      )}
      <main class="work">
        <VideoPane />
        {tracing.value ? <LazyTracing /> : <Judging />}
        <Announcements />
      </main>
      <DropHint />
    </div>
  );
}

/** What of the page shows the model, and takes judgements of single frames. */
function Judging() {
  return (
    <>
      <div class="under-video">
        <ReadOut />
        <Controls />
      </div>
      <Tracks />
      <div class="judge">{may('judge') ? <Judge /> : <LookOn />}</div>
    </>
  );
}

function Judge() {
  return (
    <>
      {onSheet.value ? <SheetCard /> : <QueueCard />}
      <Pad />
      {!onSheet.value && <LabelBar />}
    </>
  );
}

/** Before the page can work: loading, or why not. */
function Before({ state }: { state: Exclude<Start, 'ready'> }) {
  const text = {
    loading: 'app.loading',
    'signed-out': 'app.signedOut',
    offline: 'app.offline',
    failed: 'app.failed',
  }[state];
  return (
    <main class="before" data-testid="before" data-state={state}>
      <p role="status">{t(text, { why: startFault.value })}</p>
      {state !== 'loading' && (
        <button type="button" class="button primary" onClick={() => void begin()}>
          {t('app.retry')}
        </button>
      )}
      {state === 'signed-out' && <SignInLink />}
      {state !== 'loading' && (
        <a class="link" href="/">
          {t('start.back')}
        </a>
      )}
    </main>
  );
}
