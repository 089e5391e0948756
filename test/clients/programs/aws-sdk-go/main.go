// aws-sdk-go v1 with its transfer manager, on the command line of the client programs (program.ts).
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/s3"
	"github.com/aws/aws-sdk-go/service/s3/s3manager"
)

const part = 5 << 20

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func show(value any) { fmt.Println(string(must(json.Marshal(value)))) }

func told(size *int64, etag *string, modified *time.Time, kind *string, metadata map[string]*string) {
	plain := map[string]string{}
	for name, value := range metadata {
		plain[strings.ToLower(name)] = *value
	}
	show(map[string]any{
		"size": size, "etag": strings.Trim(aws.StringValue(etag), `"`), "modified": modified, "type": kind, "metadata": plain,
	})
}

func get(client *s3.S3, input *s3.GetObjectInput, file string) *s3.GetObjectOutput {
	reply := must(client.GetObject(input))
	must(0, os.WriteFile(file, must(io.ReadAll(reply.Body)), 0o600))
	return reply
}

func keys(client *s3.S3, bucket, prefix string) []string {
	found := []string{}
	input := &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix}
	must(0, client.ListObjectsV2Pages(input, func(page *s3.ListObjectsV2Output, _ bool) bool {
		for _, one := range page.Contents {
			found = append(found, *one.Key)
		}
		return true
	}))
	return found
}

func main() {
	log.SetFlags(0)
	if os.Args[1] == "version" {
		fmt.Println(aws.SDKVersion)
		return
	}
	action, bucket, key, rest := os.Args[1], &os.Args[2], &os.Args[3], os.Args[4:]
	// Version 1 does not read AWS_ENDPOINT_URL.
	here := session.Must(session.NewSession(&aws.Config{Endpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")), S3ForcePathStyle: aws.Bool(true)}))
	client := s3.New(here)
	switch action {
	case "put":
		must(client.PutObject(&s3.PutObjectInput{Bucket: bucket, Key: key, Body: must(os.Open(rest[0]))}))
	case "put-parts":
		uploader := s3manager.NewUploader(here, func(u *s3manager.Uploader) { u.PartSize = part })
		must(uploader.Upload(&s3manager.UploadInput{Bucket: bucket, Key: key, Body: must(os.Open(rest[0]))}))
	case "get":
		reply := get(client, &s3.GetObjectInput{Bucket: bucket, Key: key}, rest[0])
		told(reply.ContentLength, reply.ETag, reply.LastModified, reply.ContentType, reply.Metadata)
	case "get-parts":
		downloader := s3manager.NewDownloader(here, func(d *s3manager.Downloader) { d.PartSize = part })
		must(downloader.Download(must(os.Create(rest[0])), &s3.GetObjectInput{Bucket: bucket, Key: key}))
	case "head":
		found := must(client.HeadObject(&s3.HeadObjectInput{Bucket: bucket, Key: key}))
		told(found.ContentLength, found.ETag, found.LastModified, found.ContentType, found.Metadata)
	case "range":
		input := &s3.GetObjectInput{Bucket: bucket, Key: key, Range: aws.String("bytes=" + rest[1] + "-" + rest[2])}
		if len(rest) > 3 {
			input.IfMatch = aws.String(`"` + rest[3] + `"`)
		}
		get(client, input, rest[0])
	case "list":
		show(keys(client, *bucket, *key))
	case "copy":
		must(client.CopyObject(&s3.CopyObjectInput{CopySource: aws.String(*bucket + "/" + *key), Bucket: bucket, Key: &rest[0]}))
	case "delete":
		must(client.DeleteObject(&s3.DeleteObjectInput{Bucket: bucket, Key: key}))
	case "delete-all":
		var objects []*s3.ObjectIdentifier
		for _, one := range keys(client, *bucket, *key) {
			objects = append(objects, &s3.ObjectIdentifier{Key: &one})
		}
		must(client.DeleteObjects(&s3.DeleteObjectsInput{Bucket: bucket, Delete: &s3.Delete{Objects: objects}}))
	case "presign-get":
		request, _ := client.GetObjectRequest(&s3.GetObjectInput{Bucket: bucket, Key: key})
		show([]string{must(request.Presign(5 * time.Minute))})
	case "presign-put":
		request, _ := client.PutObjectRequest(&s3.PutObjectInput{Bucket: bucket, Key: key})
		show([]string{must(request.Presign(5 * time.Minute))})
	}
}
