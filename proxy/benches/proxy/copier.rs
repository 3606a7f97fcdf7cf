//! The floor: accepts, connects, copies bytes both ways.

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) async fn copy(target: SocketAddr) {
    let listener = proxy::listen::bind(None).await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    loop {
        let (near, _) = listener.accept().await.unwrap();
        let far = TcpStream::connect(target).await.unwrap();
        for stream in [&near, &far] {
            stream.set_nodelay(true).unwrap();
        }
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        tokio::spawn(pump(near_in, far_out));
        tokio::spawn(pump(far_in, near_out));
    }
}

async fn pump(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin) {
    let mut buffer = vec![0; 128 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
