using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace PreferenceLosses.Cuda.Tests.Interpretation;

/// <summary>In which order the threads of a block go on from one meeting to the next.</summary>
public enum ThreadOrder
{
    Forward,
    Backward,
    Random,
}

/// <summary>What a launch did.</summary>
internal readonly record struct LaunchCounts(long Instructions, long BytesRead, long BytesWritten);

/// <summary>
/// Runs kernels on an emulated device. A thread runs until it meets others (a barrier, a shuffle) or ends; threads take turns in a given order, so
/// that a missing barrier shows as a result that depends on it. Shared memory is NaN until it is written.
/// </summary>
internal sealed class PtxMachine(DeviceMemory memory)
{
    private const int WarpSize = 32;
    private const long LargestRun = 100_000_000;

    private static readonly ConditionalWeakTable<PtxKernelText, Decoder> Decoded = [];

    public ThreadOrder Order { get; init; }

    /// <summary>Runs a kernel; arguments are in the order of its parameters.</summary>
    public LaunchCounts Launch(PtxKernelText kernel, int blocks, int threads, params object[] arguments)
    {
        if (threads < 1 || threads > kernel.MaxThreads || threads % WarpSize != 0)
        {
            throw new PtxException($"{threads} threads; whole warps, up to {kernel.MaxThreads}, are accepted.");
        }

        var (read, written) = (memory.BytesRead, memory.BytesWritten);
        memory.StartLaunch();
        var decoder = Decoded.GetValue(kernel, static text => new Decoder(text));
        var parameters = Parameters(kernel, arguments);
        var random = new Random(blocks + threads);
        long instructions = 0;
        var numbers = Enumerable.Range(0, blocks).ToArray();
        Arrange(numbers, random);
        foreach (var block in numbers)
        {
            instructions += new BlockRun(kernel, decoder, memory, parameters, block, blocks, threads).Run(order => Arrange(order, random));
        }

        return new LaunchCounts(instructions, memory.BytesRead - read, memory.BytesWritten - written);
    }

    private void Arrange(int[] order, Random random)
    {
        switch (Order)
        {
            case ThreadOrder.Backward:
                Array.Reverse(order);
                break;
            case ThreadOrder.Random:
                random.Shuffle(order);
                break;
        }
    }

    private static byte[] Parameters(PtxKernelText kernel, object[] arguments)
    {
        if (arguments.Length != kernel.Parameters.Count)
        {
            throw new PtxException($"{kernel.Name} has {kernel.Parameters.Count} parameters and got {arguments.Length}.");
        }

        var bytes = new byte[kernel.Parameters.Count == 0 ? 0 : kernel.Parameters[^1].Offset + 8];
        for (var i = 0; i < arguments.Length; i++)
        {
            var (name, type, offset) = kernel.Parameters[i];
            var place = bytes.AsSpan(offset);
            switch (arguments[i])
            {
                case int value when type is "u32":
                    BinaryPrimitives.WriteInt32LittleEndian(place, value);
                    break;
                case ulong value when type is "u64":
                    BinaryPrimitives.WriteUInt64LittleEndian(place, value);
                    break;
                case float value when type is "f32":
                    BinaryPrimitives.WriteSingleLittleEndian(place, value);
                    break;
                case double value when type is "f64":
                    BinaryPrimitives.WriteDoubleLittleEndian(place, value);
                    break;
                default:
                    throw new PtxException($"The parameter {name} is .{type} and got a {arguments[i].GetType().Name}.");
            }
        }

        return bytes;
    }

    private sealed class Thread(ulong[] registers)
    {
        public ulong[] Registers { get; } = registers;

        public int At { get; set; }

        public bool IsWaiting { get; set; }

        public bool HasEnded { get; set; }
    }

    private sealed class BlockRun
    {
        private readonly PtxKernelText kernel;
        private readonly DeviceMemory memory;
        private readonly byte[] parameters;
        private readonly byte[] shared;
        private readonly Decoded[] code;
        private readonly Thread[] threads;
        private readonly int block;
        private long instructions;

        public BlockRun(PtxKernelText kernel, Decoder decoder, DeviceMemory memory, byte[] parameters, int block, int blocks, int count)
        {
            this.kernel = kernel;
            this.memory = memory;
            this.parameters = parameters;
            this.block = block;
            code = decoder.Code;
            shared = new byte[kernel.SharedBytes];
            shared.AsSpan().Fill(0xFF);
            var initial = decoder.Initial;
            threads = new Thread[count];
            for (var t = 0; t < count; t++)
            {
                var registers = (ulong[])initial.Clone();
                registers[decoder.Special("%tid.x")] = (ulong)t;
                registers[decoder.Special("%ntid.x")] = (ulong)count;
                registers[decoder.Special("%ctaid.x")] = (ulong)block;
                registers[decoder.Special("%nctaid.x")] = (ulong)blocks;
                registers[decoder.Special("%laneid")] = (ulong)(t % WarpSize);
                threads[t] = new Thread(registers);
            }
        }

        /// <summary>One warp after the other goes as far as it can without the rest of the block, in the order that is asked for.</summary>
        public long Run(Action<int[]> arrange)
        {
            while (threads.Any(t => !t.HasEnded))
            {
                foreach (var warp in Arranged(threads.Length / WarpSize, arrange))
                {
                    do
                    {
                        foreach (var lane in Arranged(WarpSize, arrange))
                        {
                            var number = (warp * WarpSize) + lane;
                            if (!threads[number].HasEnded && !threads[number].IsWaiting)
                            {
                                Advance(threads[number], number);
                            }
                        }
                    }
                    while (Shuffles(warp));
                }

                Meet();
            }

            return instructions;
        }

        private static int[] Arranged(int count, Action<int[]> arrange)
        {
            var order = Enumerable.Range(0, count).ToArray();
            arrange(order);
            return order;
        }

        /// <summary>All threads are at one barrier, or have all ended.</summary>
        private void Meet()
        {
            if (Array.TrueForAll(threads, t => t.HasEnded))
            {
                return;
            }

            if (threads.Any(t => t.HasEnded || t.At != threads[0].At))
            {
                throw new PtxException($"{kernel.Name}, block {block}: not all threads come to '{code[threads.First(t => !t.HasEnded).At].Line.Text}'.");
            }

            Array.ForEach(threads, GoOn);
        }

        /// <summary>Exchanges values if the lanes of a warp are at a shuffle, which has to be the same one for all.</summary>
        private bool Shuffles(int warp)
        {
            var lanes = threads.AsSpan(warp * WarpSize, WarpSize);
            var anyLane = -1;
            for (var lane = 0; lane < WarpSize; lane++)
            {
                if (!lanes[lane].HasEnded && code[lanes[lane].At].Kind == Kind.Shuffle)
                {
                    anyLane = lane;
                }
            }

            if (anyLane < 0)
            {
                return false;
            }

            foreach (var lane in lanes)
            {
                if (lane.HasEnded || lane.At != lanes[anyLane].At)
                {
                    throw new PtxException($"{kernel.Name}, block {block}: not the whole warp {warp} is at '{code[lanes[anyLane].At].Line.Text}'.");
                }
            }

            Exchange(lanes);
            return true;
        }

        private void Exchange(Span<Thread> lanes)
        {
            var instruction = code[lanes[0].At];
            var (destination, value, distance) = (instruction.Shuffle[0], instruction.Shuffle[1], instruction.Shuffle[2]);
            var values = new ulong[WarpSize];
            for (var lane = 0; lane < WarpSize; lane++)
            {
                var registers = lanes[lane].Registers;
                if ((uint)registers[instruction.Shuffle[3]] != 31 || (uint)registers[instruction.Shuffle[4]] != 0xFFFF_FFFF)
                {
                    throw new PtxException("Only shuffles of whole warps are known.");
                }

                values[lane] = registers[value];
            }

            for (var lane = 0; lane < WarpSize; lane++)
            {
                var registers = lanes[lane].Registers;
                var step = (int)registers[distance];
                var from = instruction.Mode switch
                {
                    "bfly" => lane ^ step,
                    "idx" => step,
                    _ => lane + step < WarpSize ? lane + step : lane,
                };
                registers[destination] = values[from & 31];
                GoOn(lanes[lane]);
            }
        }

        private static void GoOn(Thread thread)
        {
            thread.IsWaiting = false;
            thread.At++;
        }

        private void Advance(Thread thread, int number)
        {
            var registers = thread.Registers;
            try
            {
                while (true)
                {
                    if (thread.At >= code.Length)
                    {
                        throw new PtxException("the end of the code, without ret.");
                    }

                    var instruction = code[thread.At];
                    if (++instructions > LargestRun)
                    {
                        throw new PtxException("it does not end.");
                    }

                    if (instruction.Predicate >= 0 && (registers[instruction.Predicate] != 0) == instruction.Line.IsNegated)
                    {
                        thread.At++;
                        continue;
                    }

                    switch (instruction.Kind)
                    {
                        case Kind.Registers:
                            instruction.Run!(registers);
                            thread.At++;
                            break;
                        case Kind.Load:
                            Load(instruction, registers);
                            thread.At++;
                            break;
                        case Kind.Store:
                            Store(instruction, registers);
                            thread.At++;
                            break;
                        case Kind.Branch:
                            thread.At = instruction.Target;
                            break;
                        case Kind.Return:
                            thread.HasEnded = true;
                            return;
                        default:
                            thread.IsWaiting = true;
                            return;
                    }
                }
            }
            catch (PtxException e)
            {
                throw new PtxException($"{kernel.Name}, block {block}, thread {number}, '{(thread.At < code.Length ? code[thread.At].Line.Text : "")}': {e.Message}");
            }
        }

        private void Load(Decoded instruction, ulong[] registers)
        {
            var size = instruction.ElementSize;
            var bytes = Bytes(instruction, registers, isLoad: true);
            for (var i = 0; i < instruction.Values.Length; i++)
            {
                var value = bytes[(i * size)..];
                registers[instruction.Values[i]] = (size, instruction.IsSigned) switch
                {
                    (1, false) => value[0],
                    (1, true) => (uint)(sbyte)value[0],
                    (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(value),
                    (2, true) => (uint)BinaryPrimitives.ReadInt16LittleEndian(value),
                    (4, _) => BinaryPrimitives.ReadUInt32LittleEndian(value),
                    _ => BinaryPrimitives.ReadUInt64LittleEndian(value),
                };
            }
        }

        private void Store(Decoded instruction, ulong[] registers)
        {
            var size = instruction.ElementSize;
            var bytes = Bytes(instruction, registers, isLoad: false);
            for (var i = 0; i < instruction.Values.Length; i++)
            {
                var place = bytes[(i * size)..];
                var value = registers[instruction.Values[i]];
                switch (size)
                {
                    case 1:
                        place[0] = (byte)value;
                        break;
                    case 2:
                        BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)value);
                        break;
                    case 4:
                        BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)value);
                        break;
                    default:
                        BinaryPrimitives.WriteUInt64LittleEndian(place, value);
                        break;
                }
            }
        }

        private Span<byte> Bytes(Decoded instruction, ulong[] registers, bool isLoad)
        {
            var size = instruction.ElementSize * instruction.Values.Length;
            var address = (instruction.Base < 0 ? 0 : registers[instruction.Base]) + (ulong)instruction.Offset;
            switch (instruction.Space)
            {
                case AddressSpace.Parameter:
                    return parameters.AsSpan((int)address, size);
                case AddressSpace.Shared:
                    // Addresses in shared memory have 32 bits.
                    address = (uint)address;
                    return address % (ulong)size == 0 && address + (ulong)size <= (ulong)shared.Length
                        ? shared.AsSpan((int)address, size)
                        : throw new PtxException($"an access of {size} bytes at {address} of {shared.Length} bytes of shared memory.");
                default:
                    return isLoad ? memory.ForLoad(address, size, instruction.Space == AddressSpace.Constant) : memory.ForStore(address, size);
            }
        }
    }
}
