"""What people read: pages, bars, pictures, and the console that never fails its writer."""
