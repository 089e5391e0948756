# AWS SDK for Ruby on the command line of the client programs (program.ts).
require "aws-sdk-s3"
require "json"
require "time"

MIB = 1024 * 1024
action, bucket, key, *rest = ARGV
if action == "version"
  puts Aws::S3::GEM_VERSION
  exit
end
# This version does not read AWS_ENDPOINT_URL.
S3 = Aws::S3::Client.new(endpoint: ENV.fetch("AWS_ENDPOINT_URL"), force_path_style: true, region: "us-east-1", retry_limit: 1)
at = { bucket: bucket, key: key }

def told(reply)
  puts JSON.generate(size: reply.content_length, etag: reply.etag&.delete('"'), modified: reply.last_modified&.iso8601,
                     type: reply.content_type, metadata: reply.metadata)
end

def keys(bucket, prefix)
  S3.list_objects_v2(bucket: bucket, prefix: prefix).flat_map { |page| page.contents.map(&:key) }
end

def object(at) = Aws::S3::Object.new(at[:bucket], at[:key], client: S3)

case action
when "put" then File.open(rest[0], "rb") { |file| S3.put_object(**at, body: file) }
when "put-parts" then object(at).upload_file(rest[0], multipart_threshold: 6 * MIB)
when "get" then told(S3.get_object(**at, response_target: rest[0]))
when "get-parts" then object(at).download_file(rest[0], mode: "get_range", chunk_size: 5 * MIB)
when "head" then told(S3.head_object(**at))
when "range"
  match = rest[3].to_s.empty? ? {} : { if_match: "\"#{rest[3]}\"" }
  S3.get_object(**at, range: "bytes=#{rest[1]}-#{rest[2]}", response_target: rest[0], **match)
when "list" then puts JSON.generate(keys(bucket, key))
when "copy" then S3.copy_object(bucket: bucket, key: rest[0], copy_source: "#{bucket}/#{key}")
when "delete" then S3.delete_object(**at)
when "delete-all" then S3.delete_objects(bucket: bucket, delete: { objects: keys(bucket, key).map { |one| { key: one } } })
when "presign-get" then puts JSON.generate([object(at).presigned_url(:get)])
when "presign-put" then puts JSON.generate([object(at).presigned_url(:put)])
end
