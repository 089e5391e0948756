-- wrk -s replay.lua ORIGIN -- FILE METHOD [BODY-FILE [TAG]]: replays the request targets of FILE over and over, each thread from a place of its own.
-- With BODY-FILE every request carries its bytes; with TAG their first bytes become TAG, the thread and a count, so that no two bodies are equal.
local targets, count, position, sent = {}, 0, 0, 0
local method, body, tag
local started = 0

function setup(thread)
  thread:set("number", started)
  started = started + 1
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    count = count + 1
    targets[count] = line
  end
  method = arguments[2]
  if arguments[3] then
    local file = assert(io.open(arguments[3], "rb"))
    body = file:read("*a")
    file:close()
  end
  tag = arguments[4]
  position = math.floor(count / 2) * number
end

function request()
  position = position % count + 1
  sent = sent + 1
  local content = body
  if tag then
    local head = string.format("%s-%02d-%012d-", tag, number, sent)
    content = head .. string.sub(body, #head + 1)
  end
  return wrk.format(method, targets[position], nil, content)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('REPLAYED {"requests":%d,"microseconds":%d,"bytes":%d,"refused":%d,"broken":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, summary.bytes, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
