/**
 * Gives every change its name also where the server is reached by plain HTTP in a local
 * network: there browsers have no `crypto.randomUUID`, but they have `getRandomValues`.
 */

export function uuid4(): ReturnType<Crypto['randomUUID']> {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const cut = (from: number, to: number) => hex.slice(from, to);
  return `${cut(0, 8)}-${cut(8, 12)}-${cut(12, 16)}-${cut(16, 20)}-${cut(20, 32)}`;
}

if (!('randomUUID' in crypto)) {
  Object.defineProperty(crypto, 'randomUUID', { value: uuid4 });
}
