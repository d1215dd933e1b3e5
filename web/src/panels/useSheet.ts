/** The contact sheet: which faces, which of them are selected, what was given to them. */

import { effect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { getSheet } from '../api/client';
import type { Sheet, SheetCell, SheetKind } from '../api/types';
import type { Change } from '../outbox';
import { activeSeconds, restartClock } from '../state/activeTime';
import { outboxSignal } from '../state/changes';
import type { Annotation, Remarks } from '../state/sheetFaces';
import { type Send, sendChange, useIsOpen } from './send';
import { joined, judgementsFor, keyOf } from './sheetJudgements';
import { useLoaded } from './useLoaded';

export interface Place {
  video_id: string;
  track_id: number;
  frame: number;
}

const LIMIT = 96;

const cellsOf = (sheet: Sheet | null): SheetCell[] =>
  sheet?.clusters.flatMap((cluster) => cluster.cells) ?? [];

/** Faces that a key acts on: those selected, or else the one with the focus. */
export function meantCells(
  cells: readonly SheetCell[],
  selected: ReadonlySet<string>,
  focused: number,
): SheetCell[] {
  const chosen = cells.filter((cell) => selected.has(keyOf(cell)));
  const one = cells[focused];
  return chosen.length ? chosen : one ? [one] : [];
}

/** Where the work goes on: at the next face without a label, else where one is. */
export function nextOpen(
  cells: readonly SheetCell[],
  from: number,
  isLabelled: (cell: SheetCell) => boolean,
): number {
  const open = (cell: SheetCell, i: number) => i > from && !isLabelled(cell);
  const after = cells.findIndex(open);
  const first = cells.findIndex((cell) => !isLabelled(cell));
  return [after, first, from].find((one) => one >= 0) ?? 0;
}

/** All of some faces, or none of them if all were selected before. */
export function allOrNone(
  selected: ReadonlySet<string>,
  cells: readonly SheetCell[],
): Set<string> {
  const keys = cells.map(keyOf);
  if (!keys.every((key) => selected.has(key))) return new Set([...selected, ...keys]);
  return new Set([...selected].filter((key) => !keys.includes(key)));
}

/** @param place the face on screen; `onlyVideo` keeps those under the threshold to one video */
export function useSheet(place: Place | null, onlyVideo: string | null) {
  const [kind, setKind] = useState<SheetKind>('suggested');
  // The face that `similar` began with stays, though another one comes on screen.
  const [anchor, setAnchor] = useState(place);
  const [focused, setFocused] = useState(0);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const asked =
    kind === 'similar'
      ? anchor
      : kind === 'pending' && onlyVideo
        ? { video_id: onlyVideo }
        : {};
  const loaded = useLoaded(
    () => getSheet({ kind, limit: LIMIT, ...asked }),
    [kind, anchor, onlyVideo],
  );
  function choose(wanted: SheetKind) {
    setKind(wanted);
    setAnchor(place);
    setFocused(0);
    setSelected(new Set());
  }
  function toggle(cell: SheetCell) {
    const next = new Set(selected);
    if (!next.delete(keyOf(cell))) next.add(keyOf(cell));
    setSelected(next);
  }
  const cells = cellsOf(loaded.value);
  return {
    kind,
    choose,
    loaded,
    cells,
    focused,
    setFocused,
    selected,
    toggle,
    clearSelection: () => setSelected(new Set()),
    selectAll: (these: readonly SheetCell[]) => setSelected(allOrNone(selected, these)),
    meant: meantCells(cells, selected, focused),
  };
}

/** One judgement of this sheet: what it changed here. */
interface Step {
  key: string;
  before: Annotation | undefined;
  after: Annotation;
}

/**
 * Follows undos and redos on their way to the server: they name the judgement they are
 * about. They may wait for a moment only, so this looks at every change and not at every
 * picture.
 */
function useUndo(
  steps: Map<string, Step>,
  put: (key: string, annotation?: Annotation) => void,
) {
  const undos = useRef(new Map<string, Step>());
  const shown = useRef(put);
  shown.current = put;
  function follow({ about = '', client_id, kind }: Change) {
    const step = steps.get(about);
    if (kind === 'undo' && step && !undos.current.has(client_id)) {
      undos.current.set(client_id, step);
      shown.current(step.key, step.before);
    }
    const undone = undos.current.get(about);
    if (kind === 'redo' && undone) {
      undos.current.delete(about);
      shown.current(undone.key, undone.after);
    }
  }
  useEffect(() => effect(() => outboxSignal.value?.waiting.value.forEach(follow)), []);
}

/** What is given here: shown at once, and taken back if it is undone or refused. */
export function useAnnotations(send: Send, kind: SheetKind, shown: boolean) {
  const [annotations, setAnnotations] = useState<ReadonlyMap<string, Annotation>>(
    new Map(),
  );
  const [fault, setFault] = useState<string | null>(null);
  const isOpen = useIsOpen();
  const latest = useRef(annotations);
  const steps = useRef(new Map<string, Step>());
  function put(key: string, now?: Annotation) {
    const next = new Map(latest.current);
    if (now) next.set(key, now);
    else next.delete(key);
    latest.current = next;
    setAnnotations(next);
  }
  useUndo(steps.current, put);
  async function give(
    cells: readonly SheetCell[],
    annotation: Annotation,
    remarks: Remarks,
  ) {
    if (cells.length === 0) return;
    const before = latest.current;
    const active_s = activeSeconds();
    const change = judgementsFor(cells, annotation, {
      ...{ kind, active_s, shown },
      ...remarks,
    });
    restartClock();
    change.body.judgements.forEach((one, i) => {
      const key = keyOf(cells[i] as SheetCell);
      const after = joined(before.get(key), annotation);
      steps.current.set(one.client_id, { key, before: before.get(key), after });
      put(key, after);
    });
    const { fault: refused } = await sendChange(send, change, isOpen);
    setFault(refused);
    if (refused) for (const cell of cells) put(keyOf(cell), before.get(keyOf(cell)));
  }
  return { annotations, give, fault };
}
