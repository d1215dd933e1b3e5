/** The server's answers out of the made-up project; binary ones as in the contract. */

import type { LabelRequest, ReviewRequest } from '../src/api/types';
import { EXPRESSIONS, FPS, HEIGHT, WIDTH, type World } from './world';

export interface Answer {
  status?: number;
  type?: string;
  headers?: Record<string, string>;
  body: unknown;
}

export interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
}

const int16 = (value: number | null) =>
  value === null ? -32768 : Math.round(1e4 * value);

function faces(world: World, video_id: string, track_id: number): Buffer {
  const frames = world.frames(video_id, track_id);
  const n = frames.length;
  const out = Buffer.alloc(4 + 24 * n);
  out.writeUInt32LE(n, 0);
  frames.forEach((frame, i) => {
    out.writeInt32LE(frame, 4 + 4 * i);
    const x = (track_id ? 860 : 420) + 60 * Math.sin(frame / 80);
    const y = 170 + 20 * Math.sin(frame / 50);
    [x, y, x + 260, y + 320].forEach((side, j) => {
      out.writeFloatLE(side, 4 + 4 * n + 16 * i + 4 * j);
    });
    out.writeFloatLE(0.9, 4 + 20 * n + 4 * i);
  });
  return out;
}

function estimate(world: World, video_id: string, track_id: number): Buffer {
  const frames = world.frames(video_id, track_id);
  const n = frames.length;
  const out = Buffer.alloc(4 + 16 * n);
  out.writeUInt32LE(n, 0);
  frames.forEach((frame, i) => {
    const one = world.estimate(video_id, track_id, frame);
    [
      one.valence,
      one.arousal,
      one.low_valence,
      one.high_valence,
      one.low_arousal,
      one.high_arousal,
      one.confidence,
    ].forEach((value, c) => {
      out.writeInt16LE(int16(value), 4 + 2 * (c * n + i));
    });
    const probabilities = one.expression ?? [];
    const top = probabilities.indexOf(Math.max(...probabilities));
    out.writeUInt8(top, 4 + 14 * n + i);
    out.writeUInt8(world.origin(video_id, track_id, frame), 4 + 15 * n + i);
  });
  return out;
}

/** A drawn face whose mouth follows valence and whose eyes follow arousal. */
function face(world: World, video_id: string, track_id: number, frame: number): string {
  const { valence, arousal } = world.value(video_id, track_id, frame);
  const eye = 5 + 4 * arousal;
  const skin = track_id ? '#d8a582' : '#e8c3a0';
  return `<g><ellipse cx="80" cy="80" rx="56" ry="68" fill="${skin}"/>
    <path d="M24 70c0-60 112-60 112 0-20-30-92-30-112 0" fill="#3b2c26"/>
    <ellipse cx="58" cy="72" rx="7" ry="${eye}" fill="#222"/>
    <ellipse cx="102" cy="72" rx="7" ry="${eye}" fill="#222"/>
    <path d="M54 112q26 ${28 * valence} 52 0" fill="none" stroke="#7a2d2d" stroke-width="6"/></g>`;
}

function picture(
  world: World,
  call: Call,
  video_id: string,
  frame: number,
  crop: boolean,
): Answer {
  const track_id = Number(call.query.get('track_id') ?? 0);
  const one = face(world, video_id, track_id, frame);
  const body = crop
    ? `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 160"><rect width="160" height="160" fill="#4c5a66"/>${one}</svg>`
    : `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}"><rect width="${WIDTH}" height="${HEIGHT}" fill="#4c5a66"/>
       <g transform="translate(${420 + 60 * Math.sin(frame / 80) - 30} ${150 + 20 * Math.sin(frame / 50)}) scale(2)">${one}</g>
       <text x="40" y="80" font-size="56" fill="#fff">${frame}</text></svg>`;
  return { type: 'image/svg+xml', body };
}

function thresholdCurve(world: World) {
  const points = Array.from({ length: 51 }, (_, i) => {
    const threshold = 0.5 + i / 100;
    const share = 1 / (1 + Math.exp(-14 * (threshold - 0.8)));
    return {
      threshold,
      frames: Math.round(3000 * share),
      share,
      items: Math.round(120 * share),
      minutes: 10 * share,
      wrong: 0.22 * (1 - share) ** 1.4,
    };
  });
  return { threshold: world.threshold, points };
}

function sheet(world: World, call: Call) {
  const kind = call.query.get('kind') ?? 'suggested';
  const limit = Number(call.query.get('limit') ?? 24);
  const items = world.queue().slice(0, limit);
  const cells = items.map((i) => ({
    video_id: i.video_id,
    track_id: i.track_id,
    frame: i.frame,
    time_s: i.time_s,
    label: null,
    estimate: world.estimate(i.video_id, i.track_id, i.frame),
  }));
  const half = Math.ceil(cells.length / 2);
  const title = kind === 'similar' ? 'similar' : 'low_confidence';
  const clusters = [{ cells: cells.slice(0, half) }, { cells: cells.slice(half) }];
  return { title, clusters };
}

function session(world: World) {
  return {
    project: { project_id: 'mock', name: 'Interviews 2026' },
    rater: 'mika',
    csrf: 'mock-token',
    threshold: world.threshold,
    tolerance: 0.2,
    coverage: 0.9,
    expressions: EXPRESSIONS,
    version: '0.4.0',
  };
}

function ofVideo(world: World, call: Call, playable: boolean): Answer | null {
  const found = /^\/videos\/([^/]+)(\/.*)?$/.exec(call.path);
  const video_id = decodeURIComponent(found?.[1] ?? '');
  const clip = world.clip(video_id);
  if (!clip) return null;
  const rest = found?.[2] ?? '';
  if (rest === '') return { body: world.video(clip, playable) };
  if (rest === '/labels') {
    return { body: world.labels.filter((l) => l.video_id === video_id) };
  }
  if (rest === '/times') {
    const times = Float64Array.from({ length: clip.n_frames }, (_, i) => i / FPS);
    return { type: 'application/octet-stream', body: Buffer.from(times.buffer) };
  }
  const still = /^\/frames\/(\d+)\/(crop|thumbnail)$/.exec(rest);
  if (still) {
    return picture(world, call, video_id, Number(still[1]), still[2] === 'crop');
  }
  const one = /^\/estimates\/(\d+)\/(\d+)$/.exec(rest);
  if (one) return { body: world.estimate(video_id, Number(one[1]), Number(one[2])) };
  return ofTrack(world, call, video_id, rest);
}

function ofTrack(
  world: World,
  call: Call,
  video_id: string,
  rest: string,
): Answer | null {
  const [, number, what] = /^\/tracks\/(\d+)\/(\w+)$/.exec(rest) ?? [];
  if (number === undefined) return null;
  const track_id = Number(number);
  const type = 'application/octet-stream';
  if (what === 'faces') return { type, body: faces(world, video_id, track_id) };
  if (what === 'estimate') {
    const headers = { 'X-Run-Id': `mock${world.run}` };
    return { type, headers, body: estimate(world, video_id, track_id) };
  }
  const key = `${video_id}/${track_id}`;
  if (what === 'person') world.persons.set(key, String(call.body.name));
  if (what === 'ignore') world.ignored.add(key);
  if (what === 'restore') world.ignored.delete(key);
  return {
    body: { event_id: world.addEvent(what ?? '', video_id, call.body).event_id },
  };
}

/** What the made-up server answers, or null if there is no such place. */
export function answer(world: World, call: Call, playable: boolean): Answer | null {
  const { path, query, body } = call;
  const video_id = query.get('video_id') ?? undefined;
  const only = query.get('only') ?? undefined;
  const limit = Number(query.get('limit') ?? 50);
  const client_id = String(body.client_id ?? '');
  if (call.method !== 'GET' && world.sent.has(client_id)) {
    return { body: world.sent.get(client_id) };
  }
  const once = (made: unknown): Answer => {
    world.sent.set(client_id, made);
    return { body: made };
  };
  switch (`${call.method} ${path}`) {
    case 'GET /session':
      return { body: session(world) };
    case 'GET /videos':
      return { body: world.clips.map((clip) => world.video(clip, playable)) };
    case 'GET /queue':
      return {
        body: {
          items: world
            .queue(only ?? video_id)
            .filter((item) => only === undefined || item.video_id === only)
            .slice(0, limit),
          position: world.position(),
        },
      };
    case 'GET /suggestions': {
      const total = world.options.suggest;
      const items = world.suggestions;
      return { body: { items, done: total - items.length, total } };
    }
    case 'POST /labels':
      if (body.comment === 'refuse') {
        const error = 'This frame does not belong to the track.';
        return { status: 422, body: { error } };
      }
      return once(world.addLabel(body as unknown as LabelRequest));
    case 'POST /labels/many':
      return {
        body: (body.labels as LabelRequest[]).map((label) => world.addLabel(label)),
      };
    case 'POST /reviews':
      return once(world.addReview(body as unknown as ReviewRequest));
    case 'POST /undo':
      return once(world.undo());
    case 'POST /redo':
      return once({ event_id: null, undone: null });
    case 'GET /threshold':
      return { body: thresholdCurve(world) };
    case 'PUT /threshold': {
      world.threshold = Number(body.value);
      const { event_id } = world.addEvent('threshold', null, { value: body.value });
      return once({ event_id, threshold: world.threshold });
    }
    case 'GET /sheet':
      return { body: sheet(world, call) };
    case 'GET /persons':
      return { body: [] };
    case 'GET /events':
      return { body: [...world.events].reverse().slice(0, limit) };
    default:
      return ofVideo(world, call, playable);
  }
}
