import ServiceLifecycle

/// Services that start and stop together. A group stops its services one after the other, and each may take its time.
struct ServiceBundle: Service {
    let services: [any Service]

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { try await service.run() } }
            try await group.waitForAll()
        }
    }
}
