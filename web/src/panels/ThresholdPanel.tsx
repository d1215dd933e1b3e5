/** What a threshold would mean: frames for people, minutes, and labels that are wrong. */

import { useState } from 'preact/hooks';
import { getThreshold } from '../api/client';
import type { ThresholdCurve, ThresholdPoint } from '../api/types';
import { CalibrationLine } from '../data/CalibrationLine';
import { number, percent, t, thresholdText } from '../i18n';
import { threshold } from '../state/session';
import { CostPlot } from './CostPlot';
import { Fault, Panel } from './Panel';
import { type NewChange, type Send, sendChange, useIsOpen } from './send';
import { useLoaded } from './useLoaded';

export interface ThresholdPanelProps {
  send: Send;
  /** The server has put a threshold in force. */
  onApplied?: (threshold: number) => void;
  /** Rises when predictions have changed, and the curve with them. */
  revision?: number;
}

/** The point of the curve that is nearest to a threshold. */
export function pointAt(
  curve: ThresholdCurve,
  threshold: number,
): ThresholdPoint | null {
  let best: ThresholdPoint | null = null;
  for (const point of curve.points) {
    const far = Math.abs(point.threshold - threshold);
    if (!best || far < Math.abs(best.threshold - threshold)) best = point;
  }
  return best;
}

/** Minutes as a person plans them. */
export function minutesText(minutes: number): string {
  if (minutes < 1) return t('threshold.underMinute');
  if (minutes < 90) return t('threshold.minutes', { n: Math.round(minutes) });
  return t('threshold.hours', { n: number(minutes / 60, 1) });
}

const ROWS: readonly [string, (point: ThresholdPoint) => string][] = [
  ['frames', (point) => number(point.frames)],
  ['share', (point) => percent(point.share, 1)],
  ['items', (point) => number(Math.round(point.items))],
  ['time', (point) => minutesText(point.minutes)],
  ['wrong', (point) => percent(point.wrong, 1)],
];

function Numbers({ chosen, now }: { chosen: ThresholdPoint; now: ThresholdPoint }) {
  return (
    <table class="panel-numbers" data-testid="threshold-numbers">
      <thead>
        <tr>
          <td />
          <th scope="col">
            {t('threshold.chosen', { value: thresholdText(chosen.threshold) })}
          </th>
          <th scope="col">
            {t('threshold.inForce', { value: thresholdText(now.threshold) })}
          </th>
        </tr>
      </thead>
      <tbody>
        {ROWS.map(([name, text]) => (
          <tr key={name}>
            <th scope="row">{t(`threshold.${name}`)}</th>
            <td data-testid={`threshold-${name}`}>{text(chosen)}</td>
            <td>{text(now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ThresholdPanel({ send, onApplied, revision = 0 }: ThresholdPanelProps) {
  const {
    value: curve,
    fault,
    reload,
  } = useLoaded(getThreshold, [
    // An undo, or another person, may put another one in force.
    threshold.value,
    revision,
  ]);
  return (
    <Panel name="threshold" title={t('threshold.title')}>
      <p class="panel-intro">{t('threshold.intro')}</p>
      <CalibrationLine />
      <Fault text={fault} />
      {!curve && !fault && <p role="status">{t('sheet.loading')}</p>}
      {curve && curve.points.length === 0 && <p>{t('threshold.none')}</p>}
      {curve && curve.points.length > 0 && (
        <Chooser curve={curve} send={send} reload={reload} onApplied={onApplied} />
      )}
    </Panel>
  );
}

interface ChooserProps {
  curve: ThresholdCurve;
  send: Send;
  reload: () => Promise<void>;
  onApplied?: (threshold: number) => void;
}

function Chooser({ curve, send, reload, onApplied }: ChooserProps) {
  const isOpen = useIsOpen();
  const [wanted, setWanted] = useState(curve.threshold);
  const [state, setState] = useState<{ busy: boolean; fault: string | null }>({
    busy: false,
    fault: null,
  });
  const chosen = pointAt(curve, wanted) as ThresholdPoint;
  const now = pointAt(curve, curve.threshold) as ThresholdPoint;

  async function apply(event: Event) {
    event.preventDefault();
    setState({ busy: true, fault: null });
    const client_id = crypto.randomUUID();
    const change: NewChange = {
      client_id,
      kind: 'threshold',
      method: 'PUT',
      path: '/threshold',
      body: { value: wanted, client_id },
    };
    const saved = await sendChange<{ threshold: number }>(send, change, isOpen);
    const { answer, fault } = saved;
    setState({ busy: false, fault });
    if (!answer) return;
    onApplied?.(answer.threshold);
    await reload();
  }

  return (
    <form onSubmit={apply}>
      <label class="threshold-slider">
        <span>{t('threshold.label')}</span>
        <output>{thresholdText(wanted)}</output>
        <input
          type="range"
          min={0.5}
          max={1}
          step={0.01}
          value={wanted}
          aria-valuetext={t('threshold.sentence', {
            value: thresholdText(wanted),
            frames: number(chosen.frames),
            wrong: percent(chosen.wrong, 1),
          })}
          data-testid="threshold-slider"
          onInput={(event) => setWanted(Number(event.currentTarget.value))}
        />
      </label>
      <Numbers chosen={chosen} now={now} />
      <CostPlot points={curve.points} chosen={chosen} now={now} />
      <Fault text={state.fault} />
      <div class="panel-actions">
        <button
          type="submit"
          class="panel-button primary"
          disabled={state.busy || Math.abs(wanted - curve.threshold) < 0.001}
          data-testid="threshold-apply"
        >
          {t('threshold.apply', { value: thresholdText(wanted) })}
        </button>
        <span class="panel-note">{t('threshold.audit')}</span>
      </div>
    </form>
  );
}
