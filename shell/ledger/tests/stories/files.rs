//! Files: whole under their digest, or not there.

use kernel::Digest;
use ledger::files::FilesError;

use crate::samples::store;

#[tokio::test]
async fn a_file_is_kept_under_its_digest_and_proved_when_read() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let mut upload = store.files.upload(1 << 20).await.unwrap();
    for piece in [&b"first "[..], b"", b"second"] {
        upload.write(piece).await.unwrap();
    }
    let evidence = upload.finish("说明.txt").await.unwrap();
    assert_eq!((evidence.digest, evidence.size), (Digest::of(b"first second"), 12));
    assert_eq!(store.files.put("同一内容.txt", b"first second").await.unwrap().digest, evidence.digest);
    assert_eq!(store.files.get(&evidence.digest).await.unwrap(), b"first second");
    assert!(store.files.holds(&evidence.digest).await);
    assert!(matches!(store.files.get(&Digest::ZERO).await, Err(FilesError::Missing(_))));

    let name = evidence.digest.to_string();
    let path = directory.path().join("files").join(&name[..2]).join(&name[2..4]).join(&name);
    assert!(std::fs::metadata(&path).unwrap().permissions().readonly());
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, b"first secone").unwrap();
    assert!(matches!(store.files.get(&evidence.digest).await, Err(FilesError::Damaged(_))));
    assert!(matches!(store.files.open_file(&evidence.digest).await, Err(FilesError::Damaged(_))));
}

#[tokio::test]
async fn nothing_is_left_of_what_was_too_large_empty_or_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let incoming = directory.path().join("files/incoming");
    let left = || std::fs::read_dir(&incoming).unwrap().count();
    {
        let store = store(directory.path()).await;
        let mut upload = store.files.upload(10).await.unwrap();
        upload.write(&[0; 10]).await.unwrap();
        assert!(matches!(upload.write(&[0]).await, Err(FilesError::TooLarge { limit: 10 })));
        assert_eq!(left(), 1);
        drop(upload);
        assert!(matches!(store.files.put("空.txt", b"").await, Err(FilesError::Empty)));
        let mut given_up = store.files.upload(10).await.unwrap();
        given_up.write(b"abc").await.unwrap();
        drop(given_up);
        assert_eq!(left(), 0);
    }
    std::fs::write(incoming.join("of a process that died"), b"half").unwrap();
    store(directory.path()).await;
    assert_eq!(left(), 0);
}
