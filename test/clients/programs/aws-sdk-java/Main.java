import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** AWS SDK for Java 2 on the command line of the client programs (program.ts); HTTP_CLIENT=url-connection: on the JDK's own HTTP. */
public class Main {
  static final int PART = 5 << 20;
  static final URI ENDPOINT = URI.create(System.getenv().getOrDefault("AWS_ENDPOINT_URL", "http://none"));
  static final S3Client s3 = S3Client.builder().endpointOverride(ENDPOINT).forcePathStyle(true).httpClientBuilder(
      "url-connection".equals(System.getenv("HTTP_CLIENT")) ? UrlConnectionHttpClient.builder() : Apache5HttpClient.builder()).build();

  static void show(Object value) throws Exception {
    System.out.println(new ObjectMapper().writeValueAsString(value));
  }

  static void told(Long size, String etag, Instant modified, String type, Map<String, String> metadata) throws Exception {
    Map<String, Object> value = new HashMap<>();
    value.put("size", size);
    value.put("etag", etag == null ? null : etag.replace("\"", ""));
    value.put("modified", modified == null ? null : modified.toString());
    value.put("type", type);
    value.put("metadata", metadata);
    show(value);
  }

  static GetObjectResponse get(GetObjectRequest.Builder request, String file) throws Exception {
    try (var reply = s3.getObject(request.build())) {
      Files.copy(reply, Path.of(file));
      return reply.response();
    }
  }

  static List<String> keys(String bucket, String prefix) {
    return s3.listObjectsV2Paginator(r -> r.bucket(bucket).prefix(prefix)).contents().stream().map(S3Object::key).toList();
  }

  static void putParts(String bucket, String key, String file) throws Exception {
    String id = s3.createMultipartUpload(r -> r.bucket(bucket).key(key)).uploadId();
    List<CompletedPart> parts = new ArrayList<>();
    try (var in = new RandomAccessFile(file, "r")) {
      for (long at = 0; at < in.length(); at += PART) {
        byte[] part = new byte[(int) Math.min(PART, in.length() - at)];
        in.readFully(part);
        int number = parts.size() + 1;
        var put = s3.uploadPart(r -> r.bucket(bucket).key(key).uploadId(id).partNumber(number), RequestBody.fromBytes(part));
        parts.add(CompletedPart.builder().partNumber(number).eTag(put.eTag()).checksumCRC32(put.checksumCRC32()).build());
      }
    }
    s3.completeMultipartUpload(r -> r.bucket(bucket).key(key).uploadId(id).multipartUpload(m -> m.parts(parts)));
  }

  static S3Presigner presigner() {
    return S3Presigner.builder().endpointOverride(ENDPOINT)
        .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build()).build();
  }

  public static void main(String[] words) throws Exception {
    if (words[0].equals("version")) {
      System.out.println(VersionInfo.SDK_VERSION);
      return;
    }
    String bucket = words[1], key = words[2], rest = words.length > 3 ? words[3] : null;
    var get = GetObjectRequest.builder().bucket(bucket).key(key);
    switch (words[0]) {
      case "put" -> s3.putObject(r -> r.bucket(bucket).key(key), Path.of(rest));
      case "put-parts" -> putParts(bucket, key, rest);
      case "get" -> {
        var found = get(get, rest);
        told(found.contentLength(), found.eTag(), found.lastModified(), found.contentType(), found.metadata());
      }
      case "head" -> {
        var found = s3.headObject(r -> r.bucket(bucket).key(key));
        told(found.contentLength(), found.eTag(), found.lastModified(), found.contentType(), found.metadata());
      }
      case "range" -> {
        if (words.length > 6) get.ifMatch('"' + words[6] + '"');
        get(get.range("bytes=" + words[4] + "-" + words[5]), rest);
      }
      case "list" -> show(keys(bucket, key));
      case "copy" -> s3.copyObject(r -> r.sourceBucket(bucket).sourceKey(key).destinationBucket(bucket).destinationKey(rest));
      case "delete" -> s3.deleteObject(r -> r.bucket(bucket).key(key));
      case "delete-all" -> {
        var objects = keys(bucket, key).stream().map(one -> ObjectIdentifier.builder().key(one).build()).toList();
        s3.deleteObjects(r -> r.bucket(bucket).delete(d -> d.objects(objects)));
      }
      case "presign-get" -> show(List.of(presigner().presignGetObject(
          p -> p.signatureDuration(Duration.ofMinutes(5)).getObjectRequest(r -> r.bucket(bucket).key(key))).url().toString()));
      case "presign-put" -> show(List.of(presigner().presignPutObject(
          p -> p.signatureDuration(Duration.ofMinutes(5)).putObjectRequest(r -> r.bucket(bucket).key(key))).url().toString()));
      default -> {
        System.err.println("its transfer manager needs the asynchronous client");
        System.exit(64);
      }
    }
  }
}
