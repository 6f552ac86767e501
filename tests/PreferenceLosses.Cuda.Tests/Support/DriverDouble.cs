using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PreferenceLosses.Cuda.Driver;
using PreferenceLosses.Cuda.Tests.Interpretation;

namespace PreferenceLosses.Cuda.Tests.Support;

/// <summary>The stand-in for the driver, compiled and put in its place; kernels that it is asked to launch are run by the interpreter.</summary>
internal static unsafe class DriverDouble
{
    /// <summary>There is one for the process: the tests that use it take turns.</summary>
    public const string Collection = "driver";

    private static readonly Dictionary<string, IReadOnlyDictionary<string, PtxKernelText>> Modules = [];
    private static readonly delegate* unmanaged[Cdecl]<int, int, int, long, void> ConfigureDouble;
    private static readonly delegate* unmanaged[Cdecl]<int, long> LiveInDouble;
    private static readonly delegate* unmanaged[Cdecl]<long, void**, long> AllocationOfDouble;
    private static readonly delegate* unmanaged[Cdecl]<long> LoadsOfDouble;
    private static readonly delegate* unmanaged[Cdecl]<long> HostAllocationsOfDouble;
    private static readonly delegate* unmanaged[Cdecl]<int, void> CopiesAtOnceInDouble;

    static DriverDouble()
    {
        var library = Path.Combine(Directory.CreateTempSubdirectory("driver-double").FullName, "libcuda.so");
        var compiled = Compiler.Run("g++", "-x", "c", "-std=gnu17", "-shared", "-fPIC", "-O1", Path.Combine(Compiler.Folder, "Emulation", "driver_double.c"), "-o", library);
        Assert.True(compiled.ExitCode == 0, compiled.Output);
        Environment.SetEnvironmentVariable(DriverLibrary.OverrideVariable, library);
        var handle = NativeLibrary.Load(library);
        ConfigureDouble = (delegate* unmanaged[Cdecl]<int, int, int, long, void>)NativeLibrary.GetExport(handle, "double_configure");
        LiveInDouble = (delegate* unmanaged[Cdecl]<int, long>)NativeLibrary.GetExport(handle, "double_live");
        AllocationOfDouble = (delegate* unmanaged[Cdecl]<long, void**, long>)NativeLibrary.GetExport(handle, "double_allocation");
        LoadsOfDouble = (delegate* unmanaged[Cdecl]<long>)NativeLibrary.GetExport(handle, "double_loads");
        HostAllocationsOfDouble = (delegate* unmanaged[Cdecl]<long>)NativeLibrary.GetExport(handle, "double_host_allocations");
        CopiesAtOnceInDouble = (delegate* unmanaged[Cdecl]<int, void>)NativeLibrary.GetExport(handle, "double_copies_at_once");
        ((delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<byte*, byte*, uint, uint, void**, int>, void>)NativeLibrary.GetExport(handle, "double_on_launch"))(&OnLaunch);
        Configure();
    }

    /// <summary>The kernels that were launched since the last call of <see cref="Configure"/>.</summary>
    public static List<string> Launched { get; } = [];

    /// <summary>What the interpreter said of a kernel that it did not run to its end.</summary>
    public static string? Failure { get; private set; }

    /// <summary>Whether kernels are not run at all.</summary>
    public static bool IsIdle { get; set; }

    /// <summary>What the text of modules is changed by before it is run; null if it is not.</summary>
    public static Func<string, string>? Change { get; set; }

    /// <summary>Finds memory of others that an address is in, for kernels to work on too.</summary>
    public static Func<nint, (nint Address, long Bytes)?>? Lent { get; set; }

    /// <summary>What the driver says of itself and its device, and whether asynchronous copies are made at once instead of as late as may be.</summary>
    public static void Configure(int version = 12080, int devices = 1, int capability = 9, long largestAllocation = 1L << 32, bool copiesAtOnce = false)
    {
        ConfigureDouble(version, devices, capability, largestAllocation);
        CopiesAtOnceInDouble(copiesAtOnce ? 1 : 0);
        Launched.Clear();
        Failure = null;
        IsIdle = false;
        Change = null;
    }

    /// <summary>How many modules were loaded since the last call of <see cref="Configure"/>.</summary>
    public static long Loads => LoadsOfDouble();

    /// <summary>How many times page-locked memory was allocated since then.</summary>
    public static long HostAllocations => HostAllocationsOfDouble();

    /// <summary>What was not given back: allocations, modules, events, shares in the context, page-locked memory.</summary>
    public static long[] Live() => [.. Enumerable.Range(0, 5).Select(i => LiveInDouble(i))];

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnLaunch(byte* image, byte* kernel, uint blocks, uint threads, void** parameters)
    {
        try
        {
            var text = Marshal.PtrToStringUTF8((nint)image)!;
            text = Change is { } change ? change(text) : text;
            if (!Modules.TryGetValue(text, out var module))
            {
                Modules[text] = module = PtxModule.Parse(text);
            }

            var entry = module[Marshal.PtrToStringUTF8((nint)kernel)!];
            Launched.Add(entry.Name);
            if (IsIdle)
            {
                return 0;
            }

            Run(entry, (int)blocks, (int)threads, parameters);
            return 0;
        }
        catch (PtxException e)
        {
            Failure = e.Message;
            return 700;
        }
    }

    private static void Run(PtxKernelText kernel, int blocks, int threads, void** parameters)
    {
        var memory = new EmulatedMemory();
        var regions = new List<(nint Address, Region Region)>();
        void* address;
        void Place(string name, nint start, long bytes) =>
            regions.Add((start, memory.Place(name, (ulong)start, new ReadOnlySpan<byte>((void*)start, (int)bytes).ToArray())));
        for (long i = 0, bytes; (bytes = AllocationOfDouble(i, &address)) >= 0; i++)
        {
            Place($"allocation {i}", (nint)address, bytes);
        }

        for (var i = 0; i < kernel.Parameters.Count; i++)
        {
            if (kernel.Parameters[i].Type == "u64" && Lent?.Invoke(*(nint*)parameters[i]) is { } lent && !regions.Exists(region => region.Address == lent.Address))
            {
                Place($"parameter {i}", lent.Address, lent.Bytes);
            }
        }

        var arguments = new object[kernel.Parameters.Count];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = kernel.Parameters[i].Type switch
            {
                "u32" => *(int*)parameters[i],
                "f32" => *(float*)parameters[i],
                "f64" => *(double*)parameters[i],
                _ => (object)*(ulong*)parameters[i],
            };
        }

        new PtxMachine(memory) { Order = ThreadOrder.Random }.Launch(kernel, blocks, threads, arguments);
        foreach (var (start, region) in regions)
        {
            region.Bytes.CopyTo(new Span<byte>((void*)start, region.Bytes.Length));
        }
    }
}
