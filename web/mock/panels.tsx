/**
 * The timeline and the side sheets without the rest of the page:
 * ?frames=108000&theme=dark&lang=ja&blind=1&panel=sheet
 */

import { render } from 'preact';
import { useState } from 'preact/hooks';
import type { Session, Video } from '../src/api/types';
import { setLanguage } from '../src/i18n';
import { ContactSheet } from '../src/panels/ContactSheet';
import { FacesPanel } from '../src/panels/FacesPanel';
import { HistoryPanel } from '../src/panels/HistoryPanel';
import type { NewChange, Send } from '../src/panels/send';
import { ThresholdPanel } from '../src/panels/ThresholdPanel';
import '../src/styles/theme.css';
import type { Frames } from '../src/timeline/state';
import { Timeline } from '../src/timeline/Timeline';
import { madeClip } from './made';

const query = new URLSearchParams(location.search);
const made = madeClip(Number(query.get('frames') ?? 300));
document.documentElement.dataset.theme = query.get('theme') ?? 'light';
setLanguage(query.get('lang') === 'ja' ? 'ja' : 'en');

/** Changes that the panels sent, for looking at. */
const sent: NewChange[] = [];
Object.assign(window, { sent });
const send: Send = async <T,>(change: NewChange) => {
  sent.push(change);
  return (change.kind === 'track' && change.path.endsWith('split') ? null : {}) as T;
};

const session = {
  project: { project_id: 'made', name: 'made' },
  rater: 'anna',
  threshold: 0.8,
  expressions: [
    'neutral',
    'happiness',
    'surprise',
    'sadness',
    'anger',
    'disgust',
    'fear',
    'contempt',
  ],
} as Session;

const track = (track_id: number, person: string, ignored = false) => ({
  track_id,
  person,
  ignored,
  n_frames: 240 + 17 * track_id,
  first_frame: 3 * track_id,
  last_frame: 290,
  n_labels: track_id,
  n_pending: ignored ? 0 : 12 * track_id,
  estimated: true,
});

const video = {
  video_id: 'interview_03.mp4',
  n_frames: 300,
  tracks: [track(1, 'Mika'), track(2, ''), track(3, '', true), track(4, 'Jonas')],
} as Video;

function Side() {
  const close = () => undefined;
  const place = { video_id: video.video_id, track_id: 1, frame: 100 };
  const shared = { send, onOpen: close, onClose: close };
  switch (query.get('panel')) {
    case 'sheet':
      return <ContactSheet {...shared} session={session} place={place} />;
    case 'threshold':
      return <ThresholdPanel {...shared} />;
    case 'faces':
      return <FacesPanel {...shared} video={video} track_id={1} frame={100} />;
    case 'history':
      return <HistoryPanel {...shared} />;
    default:
      return null;
  }
}

function Bench() {
  const [frame, setFrame] = useState(Math.floor(made.times.length / 3));
  const [span, setSpan] = useState<Frames | null>(null);
  const { item } = made;
  const hidden = query.get('blind')
    ? { first: item.first_frame, last: item.last_frame }
    : null;
  Object.assign(window, { setFrame });
  if (query.get('panel')) {
    return (
      <div style={{ height: '100vh' }}>
        <Side />
      </div>
    );
  }
  return (
    <div style={{ height: `${query.get('height') ?? 300}px` }}>
      <Timeline
        times={made.times}
        frames={made.frames}
        estimate={made.estimate}
        labels={made.labels}
        threshold={0.75}
        currentFrame={frame}
        item={item}
        hidden={hidden}
        onSeek={setFrame}
        span={span}
        onSpan={(first, last) => setSpan({ first, last })}
      />
    </div>
  );
}

document.body.style.margin = '0';
document.body.style.background = 'var(--bg)';
render(<Bench />, document.getElementById('app') as HTMLElement);
