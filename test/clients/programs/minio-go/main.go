// minio-go on the command line of the client programs (program.ts).
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

var background = context.Background()

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func show(value any) { fmt.Println(string(must(json.Marshal(value)))) }

func told(info minio.ObjectInfo) {
	metadata := map[string]string{}
	for name, value := range info.UserMetadata {
		metadata[strings.ToLower(name)] = value
	}
	show(map[string]any{
		"size": info.Size, "etag": info.ETag, "modified": info.LastModified, "type": info.ContentType, "metadata": metadata,
	})
}

func get(client *minio.Client, bucket, key, file string, options minio.GetObjectOptions) minio.ObjectInfo {
	object := must(client.GetObject(background, bucket, key, options))
	info := must(object.Stat())
	must(0, os.WriteFile(file, must(io.ReadAll(object)), 0o600))
	return info
}

func list(client *minio.Client, bucket, prefix string) <-chan minio.ObjectInfo {
	return client.ListObjects(background, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true})
}

func version() {
	built, _ := debug.ReadBuildInfo()
	for _, module := range built.Deps {
		if module.Path == "github.com/minio/minio-go/v7" {
			fmt.Println(module.Version)
		}
	}
}

func main() {
	log.SetFlags(0)
	if os.Args[1] == "version" {
		version()
		return
	}
	action, bucket, key, rest := os.Args[1], os.Args[2], os.Args[3], os.Args[4:]
	at := must(url.Parse(os.Getenv("AWS_ENDPOINT_URL")))
	client := must(minio.New(at.Host, &minio.Options{Creds: credentials.NewEnvAWS(), Region: "us-east-1"}))
	switch action {
	case "put":
		must(client.FPutObject(background, bucket, key, rest[0], minio.PutObjectOptions{}))
	case "put-parts":
		must(client.FPutObject(background, bucket, key, rest[0], minio.PutObjectOptions{PartSize: 5 << 20}))
	case "get":
		told(get(client, bucket, key, rest[0], minio.GetObjectOptions{}))
	case "head":
		told(must(client.StatObject(background, bucket, key, minio.StatObjectOptions{})))
	case "range":
		options := minio.GetObjectOptions{}
		first, last := must(strconv.ParseInt(rest[1], 10, 64)), int64(0)
		if rest[2] != "" {
			last = must(strconv.ParseInt(rest[2], 10, 64))
		}
		must(0, options.SetRange(first, last))
		if len(rest) > 3 {
			must(0, options.SetMatchETag(rest[3]))
		}
		get(client, bucket, key, rest[0], options)
	case "list":
		found := []string{}
		for one := range list(client, bucket, key) {
			found = append(found, must(one.Key, one.Err))
		}
		show(found)
	case "copy":
		from, to := minio.CopySrcOptions{Bucket: bucket, Object: key}, minio.CopyDestOptions{Bucket: bucket, Object: rest[0]}
		must(client.CopyObject(background, to, from))
	case "delete":
		must(0, client.RemoveObject(background, bucket, key, minio.RemoveObjectOptions{}))
	case "delete-all":
		for failed := range client.RemoveObjects(background, bucket, list(client, bucket, key), minio.RemoveObjectsOptions{}) {
			log.Fatal(failed.Err)
		}
	case "presign-get":
		show([]string{must(client.PresignedGetObject(background, bucket, key, 5*time.Minute, nil)).String()})
	case "presign-put":
		show([]string{must(client.PresignedPutObject(background, bucket, key, 5*time.Minute)).String()})
	default:
		fmt.Fprintln(os.Stderr, "reads an object in one piece")
		os.Exit(64)
	}
}
