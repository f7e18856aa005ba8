// BullMQ: times as delays, many jobs at a time, attempts with growing pauses, finished jobs removed. A lock lives 5 s and
// stalled jobs are looked for every 2 s (both 30 s by default), so that a killed worker's jobs come back soon; a job may
// stall as often as workers are killed (once by default). The careful user's code is that of job.py.
// `node with_bullmq.cjs enqueue|work`
"use strict";
const http = require("node:http");
const { Queue, Worker } = require("bullmq");
const { Pool } = require("pg");

const CARE = process.env.BENCH_CARE || "check";
const PARALLEL = 100, TIMEOUT = 15000, ATTEMPTS = 12;
const connection = { path: process.env.BENCH_REDIS_SOCKET, maxRetriesPerRequest: null };
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 16 });
const gateway = new URL(process.env.BENCH_GATEWAY);
const agent = new http.Agent({ keepAlive: true, maxSockets: PARALLEL });

const LOOK = `SELECT m.state, m.body, v.version = m.visit_version AND v.state = 'booked' AS fresh
  FROM message m JOIN visit v ON v.id = m.visit_id WHERE m.id = $1`;
const STALE = "UPDATE message SET state = 'stale' WHERE id = $1 AND state IN ('waiting', 'sending')";
const MARK = "UPDATE message SET state = 'sending' WHERE id = $1 AND state IN ('waiting', 'sending')";
const UNMARK = "UPDATE message SET state = 'waiting' WHERE id = $1 AND state = 'sending'";
const UNKNOWN = "UPDATE message SET state = 'unknown' WHERE id = $1 AND state = 'sending'";
const SENT = `UPDATE message SET state = 'sent', provider_id = $2,
  signal = CASE WHEN signal = '' THEN 'accepted' ELSE signal END WHERE id = $1`;

let names = 0;
const named = new Map();
function run(text, values) {
  if (!named.has(text)) named.set(text, `s${++names}`);
  return pool.query({ name: named.get(text), text, values });
}

function post(path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: gateway.hostname, port: gateway.port, path, method: "POST", agent, timeout: TIMEOUT,
        headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } },
      (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => {
          if (answer.statusCode !== 200) return resolve(null);
          resolve(JSON.parse(Buffer.concat(parts).toString()).id);
        });
      });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", reject);
    request.end(body);
  });
}

async function send(number) {
  const row = (await run(LOOK, [number])).rows[0];
  if (row.state !== "waiting" && row.state !== "sending") return;
  if (!row.fresh) return void (await run(row.state === "sending" ? UNKNOWN : STALE, [number]));
  let taken = null;
  if (row.state === "sending") {
    if (CARE === "mark") return void (await run(UNKNOWN, [number]));
    taken = await post("/find", row.body);
  } else if (CARE !== "check") {
    await run(MARK, [number]);
  }
  if (taken === null) {
    try {
      taken = await post("/send", row.body);
    } catch (error) {
      if (error.code === "ECONNREFUSED") {
        if (CARE !== "check") await run(UNMARK, [number]);
      } else if (CARE === "mark") {
        return void (await run(UNKNOWN, [number]));
      }
      throw error;
    }
    if (taken === null) {
      if (CARE !== "check") await run(UNMARK, [number]);
      throw new Error("the gateway is busy");
    }
  }
  await run(SENT, [number, taken]);
}

async function enqueue() {
  const queue = new Queue("send", { connection });
  const rows = (await pool.query("SELECT id, due_at FROM message ORDER BY due_at, id")).rows;
  for (let start = 0; start < rows.length; start += 500) {
    await queue.addBulk(rows.slice(start, start + 500).map((row) => ({
      name: "send", data: { number: Number(row.id) },
      opts: { jobId: `m${row.id}`, delay: Math.max(0, row.due_at.getTime() - Date.now()), attempts: ATTEMPTS,
        backoff: { type: "exponential", delay: 1000 }, removeOnComplete: true },
    })));
  }
  await queue.close();
  await pool.end();
}

function work() {
  const worker = new Worker("send", (job) => send(job.data.number), {
    connection, concurrency: PARALLEL, lockDuration: 5000, stalledInterval: 2000, maxStalledCount: 100,
  });
  worker.on("error", (error) => console.error(error));
  worker.on("failed", (job, error) => console.error(job && job.id, error.message));
}

if (process.argv[2] === "enqueue") enqueue();
else work();
