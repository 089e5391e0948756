// aws-sdk-go-v2 with its transfer manager, on the command line of the client programs (program.ts).
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const part = 5 << 20

var background = context.Background()

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func show(value any) { fmt.Println(string(must(json.Marshal(value)))) }

func told(size *int64, etag *string, modified any, kind *string, metadata map[string]string) {
	if metadata == nil {
		metadata = map[string]string{}
	}
	show(map[string]any{
		"size": size, "etag": strings.Trim(aws.ToString(etag), `"`), "modified": modified, "type": kind, "metadata": metadata,
	})
}

func get(client *s3.Client, input *s3.GetObjectInput, file string) *s3.GetObjectOutput {
	reply := must(client.GetObject(background, input))
	must(0, os.WriteFile(file, must(io.ReadAll(reply.Body)), 0o600))
	return reply
}

func keys(client *s3.Client, bucket, prefix string) []string {
	found := []string{}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		for _, one := range must(pages.NextPage(background)).Contents {
			found = append(found, *one.Key)
		}
	}
	return found
}

func version() {
	built, _ := debug.ReadBuildInfo()
	for _, module := range built.Deps {
		if module.Path == "github.com/aws/aws-sdk-go-v2/service/s3" {
			fmt.Println("s3 " + module.Version)
		}
	}
}

func main() {
	log.SetFlags(0)
	if os.Args[1] == "version" {
		version()
		return
	}
	action, bucket, key, rest := os.Args[1], &os.Args[2], &os.Args[3], os.Args[4:]
	client := s3.NewFromConfig(must(config.LoadDefaultConfig(background)), func(o *s3.Options) { o.UsePathStyle = true })
	upload := func(size int64) {
		uploader := manager.NewUploader(client, func(u *manager.Uploader) { u.PartSize = size })
		body := must(os.Open(rest[0]))
		must(uploader.Upload(background, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: body}))
	}
	switch action {
	case "put":
		must(client.PutObject(background, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: bytes.NewReader(must(os.ReadFile(rest[0])))}))
	case "put-parts":
		upload(part)
	case "get":
		reply := get(client, &s3.GetObjectInput{Bucket: bucket, Key: key}, rest[0])
		told(reply.ContentLength, reply.ETag, reply.LastModified, reply.ContentType, reply.Metadata)
	case "get-parts":
		downloader := manager.NewDownloader(client, func(d *manager.Downloader) { d.PartSize = part })
		must(downloader.Download(background, must(os.Create(rest[0])), &s3.GetObjectInput{Bucket: bucket, Key: key}))
	case "head":
		found := must(client.HeadObject(background, &s3.HeadObjectInput{Bucket: bucket, Key: key}))
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
		must(client.CopyObject(background, &s3.CopyObjectInput{CopySource: aws.String(*bucket + "/" + *key), Bucket: bucket, Key: &rest[0]}))
	case "delete":
		must(client.DeleteObject(background, &s3.DeleteObjectInput{Bucket: bucket, Key: key}))
	case "delete-all":
		var objects []types.ObjectIdentifier
		for _, one := range keys(client, *bucket, *key) {
			objects = append(objects, types.ObjectIdentifier{Key: &one})
		}
		must(client.DeleteObjects(background, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: objects}}))
	case "presign-get":
		show([]string{must(s3.NewPresignClient(client).PresignGetObject(background, &s3.GetObjectInput{Bucket: bucket, Key: key})).URL})
	case "presign-put":
		show([]string{must(s3.NewPresignClient(client).PresignPutObject(background, &s3.PutObjectInput{Bucket: bucket, Key: key})).URL})
	}
}
