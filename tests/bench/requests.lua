-- For wrk: sends prepared requests, prints one JSON line at the end. Arguments: heads, bodies, `once` or `cycle`,
-- and how many heads are passed over at first.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

local function records(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  local found, at = {}, 1
  while at <= #text do
    local eol = text:find("\n", at, true)
    local length = tonumber(text:sub(at, eol - 1))
    found[#found + 1] = text:sub(eol + 1, eol + length)
    at = eol + length + 1
  end
  return found
end

function init(args)
  heads, bodies, cycle = records(args[1]), records(args[2]), args[3] == "cycle"
  sent, start, exhausted = 0, tonumber(args[4]), 0
end

function request()
  if sent == #heads and not cycle then
    exhausted = 1
    wrk.thread:stop()
  end
  local place = (start + sent) % #heads
  sent = sent + 1
  return heads[place + 1] .. bodies[place % #bodies + 1]
end

function done(summary, latency, requests)
  local spent = 0
  for _, thread in ipairs(threads) do
    spent = spent + thread:get("exhausted")
  end
  local counts = {}
  for place = 1, #latency do
    local micros, count = latency(place)
    counts[place] = string.format("[%d, %d]", micros, count)
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "us": %d, "status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d, "exhausted": %d,'
      .. ' "latencies": [%s]}\n',
    summary.requests, summary.duration, errors.status, errors.connect, errors.read, errors.write, errors.timeout,
    spent, table.concat(counts, ", ")))
end
