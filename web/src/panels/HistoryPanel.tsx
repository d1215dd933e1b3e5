/** Everything that happened in the project, newest first. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { cropUrl, getEvents, getPersons } from '../api/client';
import type { LogEvent, QueryOf } from '../api/types';
import { language, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { reconnects } from '../state/line';
import { loadRaters, raterName, raters } from '../state/raters';
import { may, session } from '../state/session';
import { undoEvent } from '../state/undoStack';
import { videos } from '../state/videos';
import { Fault, Panel } from './Panel';
import { placeOf, sentence } from './sentences';
import { useLoaded } from './useLoaded';

export interface HistoryPanelProps {
  onOpen: (video_id: string, track_id: number, frame: number) => void;
  /** Whatever changes when there may be new events. */
  revision?: unknown;
}

const PAGE = 100;

type Wanted = Pick<QueryOf<'/api/events'>, 'about' | 'rater' | 'video_id' | 'person'>;
const ABOUT = ['judgements', 'faces', 'threshold', 'undo', 'notes'] as const;
/** Changes of a person: these can be taken back. */
const CHANGES: readonly string[] = [
  ...['judgement', 'track-edit', 'person', 'threshold'],
  ...['comparison', 'reopening', 'trace', 'trace-lag'],
];

interface FiltersProps {
  wanted: Wanted;
  choose: (wanted: Wanted) => void;
}

function Filters({ wanted, choose }: FiltersProps) {
  const persons = useLoaded(getPersons, []);
  useEffect(() => void loadRaters(), []);
  const select = (
    name: 'rater' | 'video_id' | 'person',
    all: readonly string[],
    textOf = (one: string) => one,
  ) => (
    <select
      class="select"
      aria-label={t(`history.filter.${name}`)}
      value={wanted[name] ?? ''}
      data-testid={`history-${name}`}
      onChange={(event) => {
        const { value } = event.currentTarget;
        choose({ ...wanted, [name]: value === '' ? undefined : value });
      }}
    >
      <option value="">{t(`history.all.${name}`)}</option>
      {all.map((one) => (
        <option key={one} value={one}>
          {textOf(one)}
        </option>
      ))}
    </select>
  );
  return (
    <div
      class="history-filters"
      role="group"
      aria-label={t('history.filters')}
      data-testid="history-filters"
    >
      {[undefined, ...ABOUT].map((about) => (
        <button
          key={about ?? 'all'}
          type="button"
          class="chip"
          aria-pressed={wanted.about === about}
          data-testid={`history-about-${about ?? 'all'}`}
          onClick={() => choose({ ...wanted, about })}
        >
          {t(`history.about.${about ?? 'all'}`)}
        </button>
      ))}
      {select(
        'rater',
        raters.value.map(({ rater_id }) => rater_id),
        raterName,
      )}
      {select(
        'video_id',
        videos.value.map(({ video_id }) => video_id),
      )}
      {persons.value &&
        persons.value.length > 0 &&
        select(
          'person',
          persons.value.map(({ name }) => name),
        )}
    </div>
  );
}

/** Two lists as one, newest first, each event once. */
export function joined(a: readonly LogEvent[], b: readonly LogEvent[]): LogEvent[] {
  const byId = new Map([...b, ...a].map((e) => [e.event_id, e]));
  return [...byId.values()].sort((x, y) => y.event_id - x.event_id);
}

interface Log {
  events: LogEvent[];
  /** True once the first event is there. */
  isWhole: boolean;
}

function useLog(revision: unknown, wanted: Wanted) {
  const [log, setLog] = useState<Log | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const busy = useRef(false);
  const key = JSON.stringify(wanted);
  const shown = useRef(key);

  async function fetching(work: (isAsked: () => boolean) => Promise<void>) {
    if (busy.current) return;
    busy.current = true;
    const mine = shown.current;
    const isAsked = () => shown.current === mine;
    try {
      await work(isAsked);
      if (isAsked()) setFault(null);
    } catch (error) {
      if (isAsked()) setFault(sentenceOf(error));
    } finally {
      if (isAsked()) busy.current = false;
    }
  }

  const newest = () =>
    fetching(async (isAsked) => {
      const events = await getEvents({ limit: PAGE, ...wanted });
      if (!isAsked()) return;
      const oldest = events.at(-1)?.event_id ?? 1;
      setLog((before) => {
        const meets = before && oldest <= (before.events[0]?.event_id ?? 0) + 1;
        return meets
          ? { ...before, events: joined(events, before.events) }
          : { events, isWhole: events.length < PAGE };
      });
    });
  const older = () =>
    fetching(async (isAsked) => {
      const before = log?.events.at(-1)?.event_id;
      if (!log || log.isWhole || before === undefined) return;
      const page = await getEvents({ before, limit: PAGE, ...wanted });
      if (!isAsked()) return;
      setLog({ events: joined(log.events, page), isWhole: page.length < PAGE });
    });
  useEffect(() => {
    if (shown.current !== key) {
      shown.current = key;
      setLog(null);
      // An answer to what was asked before must not be taken for this one's.
      busy.current = false;
    }
    void newest();
  }, [revision, key]);
  return { log, fault, newest, older };
}

/** Calls back whenever the end of the list comes into sight, unless `off`. */
function useEnd(reached: () => void, off: boolean) {
  const end = useRef<HTMLDivElement>(null);
  const call = useRef(reached);
  call.current = reached;
  useEffect(() => {
    const observer = new IntersectionObserver(
      (seen) => seen.some((one) => one.isIntersecting) && call.current(),
      { rootMargin: '300px' },
    );
    if (end.current && !off) observer.observe(end.current);
    return () => observer.disconnect();
  });
  return end;
}

export function HistoryPanel({ onOpen, revision }: HistoryPanelProps) {
  const [wanted, setWanted] = useState<Wanted>({});
  const { log, fault, newest, older } = useLog(revision, wanted);
  // After a fault only the button tries again, or the page would never stop.
  const end = useEnd(() => void older(), fault !== null);
  const refresh = (
    <button
      type="button"
      class="panel-button"
      data-testid="history-refresh"
      onClick={() => void newest()}
    >
      {t('sheet.refresh')}
    </button>
  );
  return (
    <Panel name="history" title={t('history.title')} tools={refresh}>
      <Filters wanted={wanted} choose={setWanted} />
      <Fault text={fault} />
      {!log && !fault && <p role="status">{t('sheet.loading')}</p>}
      {log?.events.length === 0 && <p>{t('history.none')}</p>}
      <ol class="history-list" data-testid="history-list">
        {log?.events.map((event) => (
          <Row key={event.event_id} event={event} onOpen={onOpen} />
        ))}
      </ol>
      {log && !log.isWhole && (
        <div ref={end} class="history-more">
          <button
            type="button"
            class="panel-button"
            data-testid="history-more"
            onClick={() => void older()}
          >
            {t('history.more')}
          </button>
        </div>
      )}
    </Panel>
  );
}

/** Who leads takes these back, whoever or whatever made them. */
const ANYONES: readonly string[] = ['track-edit', 'reopening', 'trace-lag'];

interface RowProps {
  event: LogEvent;
  onOpen: HistoryPanelProps['onOpen'];
}

function Row({ event, onOpen }: RowProps) {
  const place = placeOf(event);
  const text = sentence(event);
  const isOwn = event.rater === session.value?.rater && may('judge');
  const mine = isOwn || (ANYONES.includes(event.kind) && may('lead'));
  const isChange = CHANGES.includes(event.kind) || event.kind === 'undo';
  return (
    <li
      class={event.undone ? 'history-row is-undone' : 'history-row'}
      data-testid={`event-${event.event_id}`}
    >
      <Face of={place} />
      <span class="history-text">
        {place ? (
          <button
            type="button"
            class="history-link"
            title={t('history.open')}
            onClick={() => onOpen(place.video_id, place.track_id, place.frame)}
          >
            {text}
          </button>
        ) : (
          text
        )}
        {event.undone && <em class="history-undone">{t('history.undone')}</em>}
      </span>
      {mine && isChange && !event.undone && <TakeBack event={event} />}
      <span class="history-meta">
        <span class="history-id">#{event.event_id}</span>
        <span>{raterName(event.rater) || t('history.feltline')}</span>
        {event.video_id && <span class="history-video">{event.video_id}</span>}
        <time dateTime={event.at}>{timeText(event.at)}</time>
      </span>
    </li>
  );
}

const CROP = 64;

/** The face that a line is about; one that is gone, or not seen there, has no picture. */
function Face({ of }: { of: ReturnType<typeof placeOf> }) {
  const [lostAt, setLostAt] = useState(-1);
  // Once the line is back it is asked for again.
  const line = reconnects.value;
  if (!of || lostAt === line) return <span class="history-face" />;
  return (
    <img
      class="history-face"
      src={cropUrl(of.video_id, of.track_id, of.frame, CROP)}
      alt=""
      width="36"
      height="36"
      loading="lazy"
      onError={() => setLostAt(line)}
    />
  );
}

function TakeBack({ event }: { event: LogEvent }) {
  const [busy, setBusy] = useState(false);
  return (
    <button
      type="button"
      class="panel-button history-back"
      disabled={busy}
      data-testid={`event-back-${event.event_id}`}
      onClick={() => {
        setBusy(true);
        void undoEvent(event).finally(() => setBusy(false));
      }}
    >
      {t(event.kind === 'undo' ? 'history.bringBack' : 'history.takeBack')}
    </button>
  );
}

/** Day and time as people of the chosen language write them, in their time zone. */
function timeText(at: string): string {
  return new Date(at).toLocaleString(language.value, {
    dateStyle: 'short',
    timeStyle: 'medium',
  });
}
