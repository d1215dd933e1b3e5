/** Everything that happened in the project, newest first. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { getEvents } from '../api/client';
import type { LogEvent } from '../api/types';
import { language, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault, Panel } from './Panel';
import { placeOf, sentence } from './sentences';

export interface HistoryPanelProps {
  onOpen: (video_id: string, track_id: number, frame: number) => void;
  /** Whatever changes when there may be new events. */
  revision?: unknown;
}

const PAGE = 100;

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

function useLog(revision: unknown) {
  const [log, setLog] = useState<Log | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const busy = useRef(false);

  async function fetching(work: () => Promise<void>) {
    if (busy.current) return;
    busy.current = true;
    try {
      await work();
      setFault(null);
    } catch (error) {
      setFault(sentenceOf(error));
    } finally {
      busy.current = false;
    }
  }

  const newest = () =>
    fetching(async () => {
      const events = await getEvents({ limit: PAGE });
      const oldest = events.at(-1)?.event_id ?? 1;
      setLog((before) => {
        const meets = before && oldest <= (before.events[0]?.event_id ?? 0) + 1;
        return meets
          ? { ...before, events: joined(events, before.events) }
          : { events, isWhole: events.length < PAGE };
      });
    });
  const older = () =>
    fetching(async () => {
      const before = log?.events.at(-1)?.event_id;
      if (!log || log.isWhole || before === undefined) return;
      const page = await getEvents({ before, limit: PAGE });
      setLog({ events: joined(log.events, page), isWhole: page.length < PAGE });
    });
  useEffect(() => void newest(), [revision]);
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
  const { log, fault, newest, older } = useLog(revision);
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

interface RowProps {
  event: LogEvent;
  onOpen: HistoryPanelProps['onOpen'];
}

function Row({ event, onOpen }: RowProps) {
  const place = placeOf(event);
  const text = sentence(event);
  return (
    <li
      class={event.undone ? 'history-row is-undone' : 'history-row'}
      data-testid={`event-${event.event_id}`}
    >
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
      <span class="history-meta">
        <span class="history-id">#{event.event_id}</span>
        <span>{event.rater || t('history.feltline')}</span>
        {event.video_id && <span class="history-video">{event.video_id}</span>}
        <time dateTime={event.at}>{timeText(event.at)}</time>
      </span>
    </li>
  );
}

/** Day and time as people of the chosen language write them, in their time zone. */
function timeText(at: string): string {
  return new Date(at).toLocaleString(language.value, {
    dateStyle: 'short',
    timeStyle: 'medium',
  });
}
