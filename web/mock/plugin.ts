/**
 * `npm run dev` without a server: the API of a made-up project.
 *
 * `FELTLINE_MOCK_VIDEO=FILE` plays a file of 25 frames per second as every video; without it
 * the page shows still pictures. `FELTLINE_MOCK_FRAMES`, `FELTLINE_MOCK_CLIPS` and
 * `FELTLINE_MOCK_SUGGEST` set how much there is.
 */

import { createReadStream, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { answer, type Call } from './routes';
import { World } from './world';

const setting = (name: string, or: number) =>
  Number(process.env[`FELTLINE_MOCK_${name}`] ?? or);
const video = process.env.FELTLINE_MOCK_VIDEO;

const listeners = new Set<ServerResponse>();

function tell(name: string, body: object): void {
  const text = `event: ${name}\ndata: ${JSON.stringify(body)}\n\n`;
  for (const listener of listeners) listener.write(text);
}

function stream(request: IncomingMessage, response: ServerResponse, world: World) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  listeners.add(response);
  request.on('close', () => listeners.delete(response));
  const hello = { last_event_id: world.events.length };
  response.write(`event: hello\ndata: ${JSON.stringify(hello)}\n\n`);
}

function play(request: IncomingMessage, response: ServerResponse): void {
  if (!video) {
    response.writeHead(409).end();
    return;
  }
  const { size } = statSync(video);
  const [, from = '0', to = ''] =
    /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from);
  const end = to ? Number(to) : size - 1;
  response.writeHead(request.headers.range ? 206 : 200, {
    'Content-Type': 'video/mp4',
    'Accept-Ranges': 'bytes',
    'Content-Length': end - start + 1,
    ...(request.headers.range
      ? { 'Content-Range': `bytes ${start}-${end}/${size}` }
      : {}),
  });
  createReadStream(video, { start, end }).pipe(response);
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}

/** After a change the estimates are made anew, as on the server: a moment later. */
function announce(world: World, call: Call): void {
  const event = world.events.at(-1);
  if (!event) return;
  const { event_id, kind, video_id } = event;
  tell('changed', { event_id, kind, video_id });
  const clip = world.clip(video_id ?? '');
  if (!clip || !/label|undo/.test(call.path)) return;
  const track_ids = clip.tracks.map((track) => track.track_id);
  const run_id = `mock${world.run}`;
  setTimeout(() => tell('refilled', { video_id, track_ids, run_id }), 250);
}

async function handle(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://mock');
  const path = url.pathname.replace(/^\/api/, '');
  if (path === '/stream') {
    stream(request, response, world);
    return;
  }
  if (/^\/videos\/[^/]+\/play$/.test(path)) {
    play(request, response);
    return;
  }
  const method = request.method ?? 'GET';
  const body = method === 'GET' ? {} : await bodyOf(request);
  const call: Call = { method, path, query: url.searchParams, body };
  const found = answer(world, call, video !== undefined);
  const {
    status = 200,
    type = 'application/json',
    headers = {},
  } = found ?? {
    status: 404,
  };
  const content = found ? found.body : { error: `There is no ${path}` };
  response.writeHead(status, { 'Content-Type': type, ...headers });
  response.end(type === 'application/json' ? JSON.stringify(content) : content);
  if (method !== 'GET' && status === 200) announce(world, call);
}

export function mockServer(): Plugin {
  let made: World | undefined;
  const world = () => {
    made ??= new World({
      clips: setting('CLIPS', 3),
      frames: setting('FRAMES', 1500),
      suggest: setting('SUGGEST', 0),
    });
    return made;
  };
  const attach = (use: (handler: Handler) => void) =>
    use((request, response, next) => {
      if (!request.url?.startsWith('/api/')) next();
      else handle(world(), request, response).catch(next);
    });
  return {
    name: 'feltline-mock-server',
    configureServer: (server) => attach((h) => void server.middlewares.use(h)),
    configurePreviewServer: (server) => attach((h) => void server.middlewares.use(h)),
  };
}

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;
