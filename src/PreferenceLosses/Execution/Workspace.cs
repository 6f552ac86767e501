using System.Numerics;

namespace PreferenceLosses.Execution;

/// <summary>The memory of one run of a program. Kept per thread and grown, so that a warm call allocates nothing.</summary>
internal sealed unsafe class Workspace<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [ThreadStatic]
    private static Workspace<T>? idle;

    private PinnedMemory<T> registers;
    private PinnedMemory<T> rowBuffers;
    private PinnedMemory<double> scalars;
    private PinnedMemory<double> partials;
    private PinnedMemory<int> rows;
    private PinnedMemory<int> order;
    private PinnedMemory<T> keys;
    private PinnedMemory<ulong> packed;
    private PinnedMemory<nint> pointers;
    private PinnedMemory<T> tails;

    /// <summary>This thread's workspace; nobody else has it until it is returned.</summary>
    public static Workspace<T> Rent()
    {
        var workspace = idle ?? new Workspace<T>();
        idle = null;
        return workspace;
    }

    /// <summary>Gives a workspace back to this thread.</summary>
    public static void Return(Workspace<T> workspace) => idle = workspace;

    public T* Registers(int count) => registers.AtLeast(count);

    public T* RowBuffers(long count) => rowBuffers.AtLeast(count);

    public double* Scalars(int count) => scalars.AtLeast(count);

    public double* Partials(long count) => partials.AtLeast(count);

    public int* Rows(int count) => rows.AtLeast(count);

    public int* Order(int count) => order.AtLeast(count);

    public T* Keys(int count) => keys.AtLeast(count);

    public ulong* Packed(long count) => packed.AtLeast(count);

    public nint* Pointers(int count) => pointers.AtLeast(count);

    public T* Tails(int count) => tails.AtLeast(count);

    /// <summary>An array that does not move, aligned to a cache line.</summary>
    private struct PinnedMemory<TItem>
        where TItem : unmanaged
    {
        private const int CacheLine = 64;

        private TItem[]? array;

        public TItem* AtLeast(long count)
        {
            var needed = count + (CacheLine / sizeof(TItem));
            if (array is null || array.LongLength < needed)
            {
                array = GC.AllocateUninitializedArray<TItem>(checked((int)Math.Max(needed, Math.Min(Array.MaxLength, 2 * (array?.LongLength ?? 0)))), pinned: true);
            }

            var start = (nuint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(array));
            return (TItem*)((start + CacheLine - 1) & ~(nuint)(CacheLine - 1));
        }
    }
}
